from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .. import sentences
from ..base import FieldError
from ..facts import ModelFacts, ModelSize
from .base import MethodConfig


class Bitfit(MethodConfig):
    """Only the biases of the backbone train (BitFit: Ben Zaken et al. 2021); the head trains too."""

    name: Literal["bitfit"]

    def trained_parameters(self, size: ModelSize) -> int:
        return size.biases

    def problems(self, facts: ModelFacts) -> Iterator[FieldError]:
        if facts.size is not None and not facts.size.biases:
            yield FieldError(code="no_biases", field="method.name", message=sentences.NO_BIASES)
