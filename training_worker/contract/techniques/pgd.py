from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import AdversarialConfig


class Pgd(AdversarialConfig):
    """Adversarial training by projected gradient descent: each step also learns from its batch with the word embeddings
    moved several times along the gradient of the loss (Madry et al. 2018)."""

    name: Literal["pgd"]
    alpha: Annotated[float, Field(ge=0.01, le=10.0, description="Length (L2) of each move.")] = 0.05
    steps: Annotated[int, Field(ge=2, le=5, description="Moves of each batch.")] = 3

    @property
    def step_cost(self) -> float:
        return 1.0 + self.steps
