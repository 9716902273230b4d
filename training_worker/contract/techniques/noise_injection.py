from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..tasks.spec import ColumnKind
from .base import CopyingConfig


class NoiseInjection(CopyingConfig):
    """Training copies with typing errors: in each copy some words have two letters swapped, or one lost, doubled or
    changed (Belinkov & Bisk 2018)."""

    inputs: ClassVar[tuple[ColumnKind, ...] | None] = ("string", "strings")

    name: Literal["noise_injection"]
    probability: Annotated[float, Field(ge=0.01, le=0.5, description="Share of words with a typing error.")] = 0.1
