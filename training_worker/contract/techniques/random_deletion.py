from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..tasks.spec import ColumnKind
from .base import CopyingConfig


class RandomDeletion(CopyingConfig):
    """Training copies without some of their words (EDA: Wei & Zou 2019)."""

    inputs: ClassVar[tuple[ColumnKind, ...] | None] = ("string",)

    name: Literal["random_deletion"]
    probability: Annotated[float, Field(ge=0.01, le=0.5, description="Share of words that are left out.")] = 0.1
