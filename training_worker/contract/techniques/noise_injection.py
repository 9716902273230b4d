from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..tasks.spec import ColumnKind
from .base import TechniqueConfig


class NoiseInjection(TechniqueConfig):
    """Training copies with typing errors: in each copy some words have two letters swapped, or one lost, doubled or
    changed (Belinkov & Bisk 2018)."""

    stage: ClassVar[int] = 2
    inputs: ClassVar[tuple[ColumnKind, ...] | None] = ("string", "strings")
    changes_inputs: ClassVar[bool] = True

    name: Literal["noise_injection"]
    probability: Annotated[float, Field(ge=0.01, le=0.5, description="Share of words with a typing error.")] = 0.1
    copies: Annotated[int, Field(ge=1, le=4, description="Noisy copies of each training example.")] = 1

    def training_examples(self, examples: int) -> int:
        return examples * (1 + self.copies)
