"""`adapter`: a bottleneck after each attention and feed-forward block (Houlsby et al. 2019)."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..contract.methods import Adapter
from ..tasks.base import TaskModel
from .layers import target_layers

NAME = "adapter"
"""Of the module that a linear layer gets."""


class Bottleneck(nn.Module):
    """What it adds to activations (…, H): `up(gelu(down(x)))`, at first zero."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(width, inner), nn.Linear(inner, width)
        nn.init.normal_(self.down.weight, std=0.02)
        for zero in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(zero)

    def forward(self, values: Tensor) -> Tensor:
        added: Tensor = self.up(nn.functional.gelu(self.down(values)))
        return added


def prepare(model: TaskModel, config: Adapter) -> TaskModel:
    """Freeze the backbone; a bottleneck works on what the last layer of a block gives, before it is added to what the
    block got. Step 0 is the base."""
    model.backbone.requires_grad_(False)
    for name in target_layers(model.backbone, "outputs"):
        layer: Any = model.backbone.get_submodule(name)
        width = layer.nf if hasattr(layer, "nf") else layer.out_features  # GPT-2's Conv1D has the former
        bottleneck = Bottleneck(width, max(1, width // config.reduction_factor)).to(layer.weight.device)
        layer.add_module(NAME, bottleneck)
        layer.register_forward_hook(_add)
    return model


def _add(layer: Any, _inputs: Any, output: Tensor) -> Tensor:
    added: Tensor = layer.adapter(output)
    return output + added


def bottlenecks(backbone: nn.Module) -> dict[str, Tensor]:
    """Weights of all of them, by `<layer>.<down or up>.<weight or bias>`; {} where there are none."""
    marker = f".{NAME}."
    return {
        name.replace(marker, "."): value.detach()
        for name, value in backbone.state_dict().items()
        if marker in name and isinstance(backbone.get_submodule(name.rsplit(".", 2)[0]), Bottleneck)
    }
