"""What a config that names a base model is checked against. `convert` finds it out, the site keeps it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import ContractModel
from .families import Family

Pooling = Literal["mean", "cls"]
LayerGroup = Literal["attention", "all-linear", "keys-values-ff", "outputs"]
"""Groups of linear layers: those of attention; all but the one that makes logits of tokens; what makes keys and values,
and the last of each feed-forward block; the last of each attention and feed-forward block."""


class LinearSize(ContractModel):
    """Of a group of linear layers: their weights, and the sum of their inputs and outputs: `lora` adds `r` times as
    many."""

    weights: Annotated[int, Field(ge=0)]
    widths: Annotated[int, Field(ge=0)]


class ModelSize(ContractModel):
    """What memory follows from. `vocabulary`: tokens that it gives logits of, 0 for none."""

    parameters: Annotated[int, Field(ge=1)]
    vocabulary: Annotated[int, Field(ge=0)] = 0
    linear: dict[LayerGroup, LinearSize] = {}
    biases: Annotated[int, Field(ge=0)]
    by_layer: tuple[int, ...]
    """Parameters of the last layer, with what is above it, of the one below, and so on, last of what is below all of
    them."""

    @property
    def width(self) -> int:
        """Of what goes from layer to layer, about: the four matrices of attention have eight sides of it; 0 without
        attention."""
        return self.linear["attention"].widths // (8 * max(1, self.depth)) if "attention" in self.linear else 0

    @property
    def depth(self) -> int:
        """Layers on the way through the model; 0 where it is not made of layers."""
        return max(0, len(self.by_layer) - 1)


class ModelFacts(ContractModel):
    family: Family
    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    """Ids of the tasks it can do."""
    max_positions: Annotated[int, Field(ge=1)] | None = None
    """Tokens it can read at most; None where there is no such bound."""
    layers: tuple[LayerGroup, ...] = ()
    """Groups in which it has layers."""
    checkpointed: Annotated[int, Field(ge=0)] = 0
    """Layers whose activations can be computed again for the gradients."""
    size: ModelSize | None = None
    """None where its import is from before this was measured."""
