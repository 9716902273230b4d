from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..base import FieldError
from ..facts import LayerGroup, ModelFacts, ModelSize
from .base import MethodConfig, layer_problem

GROUP: LayerGroup = "keys-values-ff"


class Ia3(MethodConfig):
    """A learned factor for each key, value and feed-forward activation ((IA)³: Liu et al. 2022); the head trains
    too."""

    name: Literal["ia3"]

    def added_parameters(self, size: ModelSize) -> int:
        return size.linear[GROUP].widths if GROUP in size.linear else 0

    def problems(self, facts: ModelFacts) -> Iterator[FieldError]:
        return layer_problem(facts, GROUP, "method.name")
