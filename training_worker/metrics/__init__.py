"""Metrics of every kind of answer. `output_of` names the one place that computes them, for worker and scorer alike."""

from __future__ import annotations

from ..contract.tasks.spec import OutputKind
from .base import Output


def output_of(kind: OutputKind) -> Output:
    """Imports what that kind of answer needs and nothing else: `class` and `number` need numpy, `tags` seqeval too."""
    match kind:
        case "class":
            from .classes import ClassOutput

            return ClassOutput()
        case "tags":
            from .tags import TagsOutput

            return TagsOutput()
        case "ranking":
            from .rankings import RankingOutput

            return RankingOutput()
        case "number":
            from .numbers import NumberOutput

            return NumberOutput()
