"""`full`: every parameter trains."""

from __future__ import annotations

from torch import nn

from ..contract.methods import Full


def apply(backbone: nn.Module, method: Full) -> None:
    backbone.requires_grad_(True)
