"""`head`: the backbone stays as it is."""

from __future__ import annotations

from torch import nn

from ..contract.methods import Head


def apply(backbone: nn.Module, method: Head) -> None:
    backbone.requires_grad_(False)
