"""What a config that names a base model is checked against. `convert` finds it out, the site keeps it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import ContractModel
from .families import Family

Pooling = Literal["mean", "cls"]
LayerGroup = Literal["attention", "all-linear"]


class ModelFacts(ContractModel):
    family: Family
    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    """Ids of the tasks it can do."""
    max_positions: Annotated[int, Field(ge=1)] | None = None
    """Tokens it can read at most; None where there is no such bound."""
    layers: tuple[LayerGroup, ...] = ()
    """Groups of linear layers that `lora` can adapt."""
