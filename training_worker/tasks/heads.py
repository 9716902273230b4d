"""The linear head that tasks put on a pretrained backbone."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LinearHead(nn.Module):
    """Dropout and one linear layer: features (…, H) → (…, C)."""

    def __init__(self, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, outputs)

    def forward(self, features: Tensor) -> Tensor:
        outputs: Tensor = self.linear(self.dropout(features))
        return outputs

    @torch.no_grad()
    def set(self, weight: Tensor, bias: Tensor) -> None:
        """Start from this weight (C, H) and bias (C,)."""
        self.linear.weight.copy_(weight)
        self.linear.bias.copy_(bias)

    def exported(self) -> tuple[Tensor, Tensor]:
        """Weight (C, H) and bias (C,) of one plain linear layer that gives the same outputs."""
        return self.linear.weight.detach(), self.linear.bias.detach()

    def draw(self) -> None:
        """Start at random."""
        nn.init.normal_(self.linear.weight, std=0.02)
        nn.init.zeros_(self.linear.bias)
