"""The validation report of `boxes`; shapes as in `boxes`.

A report shows boxes that are sure enough: from the score on at which F1 over all validation items, at an overlap of
0.5, is highest. Model and base each have a score of their own. Average precision needs no such choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np

from ..contract.base import JSON
from ..contract.report import ClassRow, Example, ExampleKind, KeptExample, MetricRow, ValidationReport
from .base import FloatArray
from .box_matching import THRESHOLDS, Answer, Objects, match
from .box_precision import average_precision, object_counts, rankings
from .class_report import class_rows
from .examples import Kinds, Validated, example_groups, kept_examples, where

Items = Validated[list[Objects], Sequence[Answer]]


def box_report(items: Items, metrics: tuple[MetricRow, ...]) -> ValidationReport:
    """Metrics, classes with their average precision, and images by how many of their boxes are wrong."""
    report = _Report(items)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        classes=tuple(report.classes()),
        class_score="AP",
        groups=example_groups(report.kinds(), report.example),
    )


def box_examples(items: Items) -> Iterator[KeptExample]:
    report = _Report(items)
    return kept_examples(report.kinds(), report.example)


class Judged:
    """Answers of one model: which of its boxes are sure enough, and what they are worth."""

    def __init__(self, truth: list[Objects], answers: Sequence[Answer], classes: int) -> None:
        self.truth, self.answers, self.classes = truth, answers, classes
        self.matches = [match(objects, answer or ()) for objects, answer in zip(truth, answers, strict=True)]
        self.least = self._best_score()

    def _best_score(self) -> float:
        """The score from which on F1 is highest; 1 where there is no box."""
        scores = np.concatenate([np.zeros(0), *(one.scores for one in self.matches)])
        if not len(scores):
            return 1.0
        order = np.argsort(-scores, kind="stable")
        hits = np.concatenate([one.hits[0] for one in self.matches])[order].cumsum()
        f1 = 2 * hits / (np.arange(1, len(scores) + 1) + sum(map(len, self.truth)))
        return float(scores[order][f1.argmax()])

    @cached_property
    def counts(self) -> FloatArray:
        """(n, 3, k) boxes that hit, boxes that do not, and objects that were missed, by class."""
        objects = object_counts(self.truth, self.classes)
        counts = np.zeros((len(self.truth), 3, self.classes))
        for row, found in zip(counts, self.matches, strict=True):
            sure = found.scores >= self.least
            np.add.at(row[0], found.labels[sure & found.hits[0]], 1)
            np.add.at(row[1], found.labels[sure & ~found.hits[0]], 1)
        counts[:, 2] = objects - counts[:, 0]
        return counts

    @property
    def errors(self) -> FloatArray:
        """(n,) share of wrong and missed boxes of all that an image has; 1 where there is no answer."""
        hits, wrong, missed = self.counts.sum(axis=2).T
        errors: FloatArray = (wrong + missed) / np.maximum(1, hits + wrong + missed)
        errors[[answer is None for answer in self.answers]] = 1.0
        return errors

    @property
    def precisions(self) -> list[float | None]:
        """Average precision by class, None for one without an object."""
        ones, columns = np.ones((1, len(self.truth))), range(len(THRESHOLDS))
        made = rankings(self.truth, self.answers, self.classes)
        values = [float(average_precision(one, ones, columns).mean()) for one in made]
        return [None if isnan(value) else value for value in values]

    def shown(self, n: int, labels: Sequence[str]) -> list[JSON] | None:
        """The boxes that are sure enough."""
        answer = self.answers[n]
        if answer is None:
            return None
        return [
            {"label": labels[one.label], "score": round(one.score, 4), "bbox": [round(value, 2) for value in one[2:]]}
            for one in answer
            if one.score >= self.least
        ]


@dataclass(frozen=True, repr=False, eq=False)
class _Report:
    items: Items

    @cached_property
    def tuned(self) -> Judged:
        return Judged(self.items.truth, self.items.answers, len(self.items.labels))

    @cached_property
    def base(self) -> Judged | None:
        return None if self.items.base is None else Judged(self.items.truth, self.items.base, len(self.items.labels))

    def classes(self) -> Iterator[ClassRow]:
        base = self.base
        rows = class_rows(
            self.items.labels, self.tuned.counts.sum(axis=0), None if base is None else base.counts.sum(axis=0)
        )
        before = [None] * len(rows) if base is None else base.precisions
        for row, score, base_score in zip(rows, self.tuned.precisions, before, strict=True):
            yield row.model_copy(update={"score": score, "base_score": base_score})

    def kinds(self) -> Kinds:
        """Images with most wrong, those without any, most objects first, and where base is better or worse."""
        errors, objects = self.tuned.errors, np.array([len(one) for one in self.items.truth])
        kinds = {
            ExampleKind.LARGEST_ERROR: where(errors > 0, -errors),
            ExampleKind.SMALLEST_ERROR: where(errors == 0, -objects),
        }
        if self.base is not None:
            gain = self.base.errors - errors
            kinds[ExampleKind.IMPROVED] = where(gain > 0, -gain)
            kinds[ExampleKind.REGRESSED] = where(gain < 0, gain)
        return kinds

    def example(self, n: int) -> Example:
        labels = self.items.labels
        return Example(
            **self.items.id_and_inputs(n),
            target=[{"label": labels[one.label], "bbox": list(one[1:])} for one in self.items.truth[n]],
            predicted=self.tuned.shown(n, labels),
            base_predicted=None if self.base is None else self.base.shown(n, labels),
            error=float(self.tuned.errors[n]),
        )
