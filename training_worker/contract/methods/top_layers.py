from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .. import sentences
from ..base import JSON, FieldError
from ..facts import ModelFacts, ModelSize
from .base import MethodConfig


class TopLayers(MethodConfig):
    """The last layers train, with what is above them; the layers below and the embeddings stay as they are."""

    easiest: ClassVar[Mapping[str, JSON]] = {"num_layers": 1}

    name: Literal["top_layers"]
    num_layers: Annotated[
        int,
        Field(ge=1, le=64, description="Layers that train, counted from the last; of an encoder and a decoder each."),
    ] = 2

    def trained_parameters(self, size: ModelSize) -> int:
        return sum(size.by_layer[: self.num_layers])

    def step_share(self, size: ModelSize | None) -> float:
        trained = self.num_layers / size.depth if size and size.depth else 1.0
        return (1 + 2 * min(1.0, trained)) / 3

    def problems(self, facts: ModelFacts) -> Iterator[FieldError]:
        if facts.size is not None and self.num_layers > facts.size.depth:
            said = sentences.FEWER_LAYERS(depth=facts.size.depth)
            yield FieldError(
                code="out_of_range", field="method.num_layers", message=said, allowed=f"≤ {facts.size.depth}"
            )
