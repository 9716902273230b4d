from __future__ import annotations

from typing import Literal

from .base import AdversarialConfig


class Fgm(AdversarialConfig):
    """Adversarial training by the fast gradient method: each step also learns from its batch with the word embeddings
    moved by epsilon along the gradient of the loss (Miyato et al. 2017)."""

    name: Literal["fgm"]

    @property
    def step_cost(self) -> float:
        return 2.0
