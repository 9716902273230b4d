"""Which linear layers of a backbone a method can change, and which layers are above which. Looks at names and classes
only: a model on the meta device will do."""

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


KEYS_VALUES = re.compile(r"(^|\.)(k|v|key|value|[kv]_proj|[kv]_lin|(key|value)_proj|c_attn|qkv|query_key_value)$")
LAST_OF_BLOCK = re.compile(
    r"(^|\.)(output\.dense|output_dense|o|wo|o_proj|out_proj|out_lin|down_proj|c_proj|fc2|lin2|dense_4h_to_h)$"
)


def target_layers(backbone: nn.Module, group: LayerGroup) -> list[str]:
    """Full names of the linear layers of a group."""
    model: Any = backbone
    head = model.get_output_embeddings() if isinstance(backbone, PreTrainedModel) else None
    linear = [
        name
        for name, module in backbone.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and module is not head
    ]
    return [name for name in linear if _is_in(group, name)]


def _is_in(group: LayerGroup, name: str) -> bool:
    if group == "all-linear":
        return True
    is_attention = ATTENTION.search(name) is not None
    if group == "attention":
        return is_attention
    is_last = LAST_OF_BLOCK.search(name) is not None
    if group == "outputs":
        return is_last
    return KEYS_VALUES.search(name) is not None if is_attention else is_last


def layers_below(model: nn.Module) -> dict[str, int]:
    """By name of a parameter how many layers it lies below the top of the model: 0 for a head and what is above all
    layers, 1 for the last layer, and so on down to the embeddings.

    Layers are the items of lists of modules, in the model's order; an encoder and a decoder are counted each by itself.
    """
    stacks = _stacks(model)
    depths = {side: sum(size for stack, size in stacks.items() if _side(stack) == side) for side in (True, False)}
    begun: dict[bool, list[str]] = {True: [], False: []}
    below = {}
    for name, _value in model.named_parameters():
        side = _side(name)
        layer = next((_layer(name, stack) for stack in stacks if name.startswith(f"{stack}.")), "")
        if layer and layer not in begun[side]:
            begun[side].append(layer)
        passed = len(begun[side])
        is_above = (not layer and passed == depths[side]) or name.startswith("top.")
        below[name] = 0 if is_above else depths[side] + 1 - passed
    return below


def _stacks(model: nn.Module) -> dict[str, int]:
    """Names of lists of layers that are in no other list, and how many layers each has."""
    stacks: dict[str, int] = {}
    for name, module in model.named_modules():
        is_inside = any(name.startswith(f"{other}.") for other in stacks)
        is_list = isinstance(module, nn.ModuleList | nn.Sequential) and len(module) > 1
        if is_list and not is_inside and not name.startswith("top."):
            stacks[name] = len(module)
    return stacks


def _side(name: str) -> bool:
    return "decoder" in name.split(".")


def _layer(name: str, stack: str) -> str:
    return f"{stack}.{name.removeprefix(f'{stack}.').partition('.')[0]}"


def is_transposed(backbone: nn.Module, layers: list[str]) -> bool:
    """Do these layers keep their weights as (in, out), as GPT-2's Conv1D does?"""
    return any(isinstance(backbone.get_submodule(name), Conv1D) for name in layers)
