"""Metrics of every kind of answer. `output_of` names the one place that computes them, for worker and scorer alike."""

from __future__ import annotations

from collections.abc import Sequence

from ..contract.tasks.spec import OutputKind
from .base import Output


def output_of(kind: OutputKind, task_metrics: Sequence[str] = ()) -> Output:
    """Imports what that kind of answer needs and nothing else: most need numpy alone, `tags` seqeval too, `text`
    sacrebleu and `boxes` pycocotools.

    `task_metrics` are those of the task, the usual one first: they say what orders the examples of a report."""
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
        case "words":
            from .guesses import GuessOutput

            return GuessOutput()
        case "rating":
            from .ratings import RatingOutput

            return RatingOutput()
        case "number":
            from .numbers import NumberOutput

            return NumberOutput()
        case "text":
            from .texts import TextOutput

            return TextOutput(task_metrics)
        case "labels":
            from .label_sets import LabelSetOutput

            return LabelSetOutput()
        case "choice":
            from .choices import ChoiceOutput

            return ChoiceOutput()
        case "span":
            from .spans import SpanOutput

            return SpanOutput()
        case "boxes":
            from .boxes import BoxesOutput

            return BoxesOutput()
        case "mask":
            from .masks import MaskOutput

            return MaskOutput()
