"""`lora`: low-rank adapters by peft, injected in place (no wrapper: the backbone keeps its own forward)."""

from __future__ import annotations

import re
from typing import get_args

from peft import LoraConfig, inject_adapter_in_model
from torch import nn
from transformers.pytorch_utils import Conv1D

from ..contract.facts import LayerGroup
from ..contract.methods import Lora

ATTENTION = re.compile(r"(^|\.|_)(attention|attn|selfattention|encdecattention)(\.|_|$)", re.IGNORECASE)


def apply(backbone: nn.Module, method: Lora) -> None:
    """Freeze the backbone and put adapters on its linear layers. The B matrices start at zero: step 0 is the base."""
    backbone.requires_grad_(False)
    config = LoraConfig(
        r=method.r,
        lora_alpha=method.lora_alpha,
        lora_dropout=method.lora_dropout,
        target_modules=target_layers(backbone, method.target_modules),
        bias="none",
    )
    inject_adapter_in_model(config, backbone)


def target_layers(backbone: nn.Module, target: str) -> list[str]:
    """Full names of the linear layers (GPT-2 has its own class of them): those inside an attention block, or all."""
    linear = [name for name, module in backbone.named_modules() if isinstance(module, nn.Linear | Conv1D)]
    return [name for name in linear if target == "all-linear" or ATTENTION.search(name)]


def layer_groups(backbone: nn.Module) -> tuple[LayerGroup, ...]:
    """The groups that hold a layer; () for a model without linear layers."""
    return tuple(group for group in get_args(LayerGroup) if target_layers(backbone, group))
