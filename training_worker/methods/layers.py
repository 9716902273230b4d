"""Which linear layers of a backbone an adapter can go to. Looks at names and classes only: a model on the meta device
will do."""

from __future__ import annotations

import re
from typing import Any, get_args

from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from ..contract.facts import LayerGroup

ATTENTION = re.compile(
    r"(^|\.|_)(attention|attn|self_?attn|self_?attention|cross_?attn|cross_?attention|encdecattention)(\.|_|$)",
    re.IGNORECASE,
)


def layer_groups(backbone: nn.Module) -> tuple[LayerGroup, ...]:
    """The groups in which this backbone has layers."""
    groups: tuple[LayerGroup, ...] = get_args(LayerGroup)
    return tuple(group for group in groups if target_layers(backbone, group))


def target_layers(backbone: nn.Module, group: LayerGroup) -> list[str]:
    """Full names of the linear layers: those inside an attention block, or all but the one that makes logits of
    tokens."""
    model: Any = backbone
    head = model.get_output_embeddings() if isinstance(backbone, PreTrainedModel) else None
    linear = [
        name
        for name, module in backbone.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and module is not head
    ]
    return [name for name in linear if group == "all-linear" or ATTENTION.search(name)]


def is_transposed(backbone: nn.Module, layers: list[str]) -> bool:
    """Do these layers keep their weights as (in, out), as GPT-2's Conv1D does?"""
    return any(isinstance(backbone.get_submodule(name), Conv1D) for name in layers)
