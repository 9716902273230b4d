"""Metrics of every kind of answer. `output_of` names the one place that computes them, for worker and scorer alike."""

from __future__ import annotations

from ..contract.tasks.spec import OutputKind
from .base import Output


def output_of(kind: OutputKind) -> Output:
    """Imports what that kind of answer needs and nothing else: `class`, `number` and `mask` need numpy, `tags`
    seqeval and `boxes` pycocotools too."""
    match kind:
        case "class":
            from .classes import ClassOutput

            return ClassOutput()
        case "tags":
            from .tags import TagsOutput

            return TagsOutput()
        case "number":
            from .numbers import NumberOutput

            return NumberOutput()
        case "boxes":
            from .boxes import BoxesOutput

            return BoxesOutput()
        case "mask":
            from .masks import MaskOutput

            return MaskOutput()
