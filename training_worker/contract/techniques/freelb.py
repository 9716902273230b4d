from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import AdversarialConfig


class Freelb(AdversarialConfig):
    """Adversarial training that learns from every move: each step takes the mean loss of its batch with the word
    embeddings moved at random, and then several times along the gradient (FreeLB: Zhu et al. 2020)."""

    name: Literal["freelb"]
    alpha: Annotated[float, Field(ge=0.01, le=10.0, description="Length (L2) of each move.")] = 0.05
    steps: Annotated[int, Field(ge=2, le=5, description="Losses of each batch.")] = 3

    @property
    def step_cost(self) -> float:
        return float(self.steps)
