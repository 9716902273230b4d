"""The validation report of `span`; shapes as in `spans`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from ..contract import squad
from ..contract.report import Collapse, Example, ExampleKind, KeptExample, MetricRow, ValidationReport
from .base import FloatArray
from .collapse import collapse_of
from .examples import Kinds, Validated, cut, example_groups, kept_examples, where

SpanAnswers = list[str | None]


@dataclass(frozen=True)
class Asked:
    """The right answers of one item and their places in its context, none where the context holds no answer."""

    texts: tuple[str, ...]
    starts: tuple[int, ...]

    @cached_property
    def references(self) -> tuple[str, ...]:
        """What an answer is compared with: at least one text."""
        return squad.references_of(self.texts)

    @property
    def is_answerable(self) -> bool:
        return self.references != (squad.NO_ANSWER,)


Items = Validated[list[Asked], SpanAnswers]

MOST_ANSWER = 200
"""Characters of an answer that a collapse names."""


def span_report(
    items: Items, metrics: tuple[MetricRow, ...], scores: FloatArray, base: FloatArray | None
) -> ValidationReport:
    """Metrics, and examples by their F1: `scores` and `base` (n,)."""
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        groups=example_groups(_kinds(items, scores, base), partial(_example, items, scores)),
        collapse=_collapse(items),
    )


def span_examples(items: Items, scores: FloatArray, base: FloatArray | None) -> Iterator[KeptExample]:
    return kept_examples(_kinds(items, scores, base), partial(_example, items, scores))


def _collapse(items: Items) -> Collapse | None:
    """ "" is the answer that there is none."""
    truth = np.array([f"={squad.normalize_answer(asked.references[0])}" for asked in items.truth])
    answers = np.array(
        ["" if answer is None else f"={squad.normalize_answer(answer)[:MOST_ANSWER]}" for answer in items.answers]
    )
    found = collapse_of(truth, answers)
    return found and found.model_copy(update={"answer": str(found.answer)[1:][:MOST_ANSWER]})


def _kinds(items: Items, scores: FloatArray, base: FloatArray | None) -> Kinds:
    """Items with an error, the lowest F1 first; right ones, the longest answers first; and those of which base has
    less or more."""
    lengths = np.array([len(answer or "") for answer in items.answers])
    kinds = {
        ExampleKind.LARGEST_ERROR: where(scores < 1, scores),
        ExampleKind.SMALLEST_ERROR: where(scores == 1, -lengths),
    }
    if base is not None:
        gain = scores - base
        kinds[ExampleKind.IMPROVED] = where(gain > 0, -gain)
        kinds[ExampleKind.REGRESSED] = where(gain < 0, gain)
    return kinds


def _example(items: Items, scores: FloatArray, n: int) -> Example:
    asked = items.truth[n]
    return Example(
        **items.id_and_inputs(n),
        target={"text": list(map(cut, asked.texts)), "answer_start": list(asked.starts)},
        predicted=cut(items.answers[n]),
        base_predicted=None if items.base is None else cut(items.base[n]),
        error=1.0 - float(scores[n]),
    )
