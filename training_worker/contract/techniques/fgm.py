from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..families import Family
from .base import TechniqueConfig


class Fgm(TechniqueConfig):
    """Adversarial training by the fast gradient method: each step also learns from its batch with the word embeddings
    moved by epsilon along the gradient of the loss (Miyato et al. 2017)."""

    stage: ClassVar[int] = 3
    families: ClassVar[tuple[Family, ...]] = ("encoder", "decoder", "encoder-decoder")
    trains_backbone: ClassVar[bool] = True

    name: Literal["fgm"]
    epsilon: Annotated[float, Field(ge=0.01, le=10.0, description="Length (L2) of the move, for each example.")] = 0.1

    @property
    def step_cost(self) -> float:
        return 2.0
