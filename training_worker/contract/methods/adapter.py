from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ..base import FieldError
from ..facts import LayerGroup, ModelFacts, ModelSize
from .base import MethodConfig, layer_problem

GROUP: LayerGroup = "outputs"


class Adapter(MethodConfig):
    """A small bottleneck after each attention and feed-forward block of a frozen backbone (Houlsby et al. 2019); the
    head trains too."""

    name: Literal["adapter"]
    reduction_factor: Annotated[
        int, Field(ge=1, le=64, description="Width of the model divided by that of the bottleneck.")
    ] = 16

    def added_parameters(self, size: ModelSize) -> int:
        """With feed-forward blocks four times as wide as the model, as nearly all have them."""
        return size.linear[GROUP].weights * 4 // 5 // self.reduction_factor if GROUP in size.linear else 0

    def problems(self, facts: ModelFacts) -> Iterator[FieldError]:
        return layer_problem(facts, GROUP, "method.name")
