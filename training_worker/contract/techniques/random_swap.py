from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..tasks.spec import ColumnKind
from .base import CopyingConfig


class RandomSwap(CopyingConfig):
    """Training copies in which some words have changed places (EDA: Wei & Zou 2019)."""

    inputs: ClassVar[tuple[ColumnKind, ...] | None] = ("string",)

    name: Literal["random_swap"]
    probability: Annotated[float, Field(ge=0.01, le=0.5, description="Share of words that change places.")] = 0.1
