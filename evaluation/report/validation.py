"""What a run got right and wrong on the validation items. Pure: lists in, numbers and positions out.

Shapes as in `metrics`: `gold` (n,) class indices; `predicted` (n,) class indices or `NO_ANSWER`; k classes.
Web processes make the report: it is counted without a numbers library, which would cost each of them 100 MB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from heapq import nsmallest
from statistics import fmean
from typing import NamedTuple

from evaluation.scoring.predictions import NO_ANSWER, Row, predicted_classes

Matrix = list[list[int]]

EXAMPLES = 6
"""Most examples of one kind."""
CONFUSIONS = 10
"""Most pairs of classes that are named as often confused."""


class Kind(StrEnum):
    """Kinds of examples: sure means a high probability of the answer; fixed and broken compare with the base model."""

    WRONG_SURE = "wrong_sure"
    RIGHT_UNSURE = "right_unsure"
    RIGHT_SURE = "right_sure"
    FIXED = "fixed"
    BROKEN = "broken"


@dataclass(frozen=True, repr=False, eq=False)
class Answers:
    """What was asked and answered. `probabilities` has n rows; `base` is what the untrained model answered, None where
    that is not known."""

    labels: tuple[str, ...]
    gold: Sequence[int]
    probabilities: Sequence[Row]
    base: Sequence[int] | None

    @cached_property
    def predicted(self) -> list[int]:
        return predicted_classes(self.probabilities)

    @cached_property
    def counts(self) -> Matrix:
        return confusion_counts(self.gold, self.predicted, len(self.labels))

    @cached_property
    def base_counts(self) -> Matrix | None:
        return None if self.base is None else confusion_counts(self.gold, self.base, len(self.labels))


@dataclass(frozen=True)
class MetricRow:
    name: str
    value: float
    base: float | None
    gain: float | None


@dataclass(frozen=True)
class ClassRow:
    label: str
    precision: float
    recall: float
    f1: float
    base_f1: float | None
    support: int


@dataclass(frozen=True)
class Confusion:
    """`count` items of class `gold` were taken for `predicted`."""

    gold: str
    predicted: str
    count: int


@dataclass(frozen=True)
class Picked:
    """Positions of the examples of one kind, the most telling first, and how many items there are of it."""

    positions: tuple[int, ...]
    count: int


class ClassScores(NamedTuple):
    precision: float
    recall: float
    f1: float
    support: int


def confusion_counts(gold: Sequence[int], predicted: Sequence[int], classes: int) -> Matrix:
    """(k, k + 1) items by class (row) and by answer (column); the last column counts those without an answer."""
    counts = [[0] * (classes + 1) for _ in range(classes)]
    for (asked, answered), count in Counter(zip(gold, predicted, strict=True)).items():
        counts[asked][classes if answered == NO_ANSWER else answered] = count
    return counts


def metric_rows(answers: Answers) -> list[MetricRow]:
    """Accuracy and macro-F1 of the run beside those of the untrained model."""
    tuned = _metrics(answers.counts)
    if answers.base_counts is None:
        return [MetricRow(name, value, None, None) for name, value in tuned.items()]
    base = _metrics(answers.base_counts)
    return [MetricRow(name, value, base[name], value - base[name]) for name, value in tuned.items()]


def _metrics(counts: Matrix) -> dict[str, float]:
    right = sum(row[k] for k, row in enumerate(counts))
    f1 = fmean(scores.f1 for scores in _by_class(counts))
    return {"accuracy": _share(right, sum(map(sum, counts))), "f1_macro": f1}


def class_rows(answers: Answers) -> list[ClassRow]:
    """Precision, recall, F1 (0 where that is 0/0) and support of each class, in the order of the labels."""
    tuned = _by_class(answers.counts)
    base = [None] * len(tuned) if answers.base_counts is None else [one.f1 for one in _by_class(answers.base_counts)]
    return [
        ClassRow(label, one.precision, one.recall, one.f1, base_f1, one.support)
        for label, one, base_f1 in zip(answers.labels, tuned, base, strict=True)
    ]


def _by_class(counts: Matrix) -> list[ClassScores]:
    answered = [sum(column) for column in zip(*counts, strict=True)]
    scores = []
    for k, row in enumerate(counts):
        right, support = row[k], sum(row)
        f1 = _share(2 * right, answered[k] + support)
        scores.append(ClassScores(_share(right, answered[k]), _share(right, support), f1, support))
    return scores


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def top_confusions(labels: tuple[str, ...], counts: Matrix) -> list[Confusion]:
    """The most frequent wrong answers, most first; an item without an answer was taken for nothing."""
    wrong = (
        (-count, asked, answered)
        for asked, row in enumerate(counts)
        for answered, count in enumerate(row[:-1])
        if count and answered != asked
    )
    return [Confusion(labels[asked], labels[answered], -less) for less, asked, answered in nsmallest(CONFUSIONS, wrong)]


def pick_examples(answers: Answers) -> dict[Kind, Picked]:
    """At most `EXAMPLES` of each kind. The kinds that compare are there only where the base model's answers are."""
    gold, predicted, base = answers.gold, answers.predicted, answers.base
    sure = [max(row, default=0.0) for row in answers.probabilities]
    right = [n for n, label in enumerate(gold) if predicted[n] == label]
    wrong = [n for n, label in enumerate(gold) if predicted[n] != label]

    def surest(positions: list[int]) -> Picked:
        return _first(positions, lambda n: -sure[n])

    kinds = {
        Kind.WRONG_SURE: surest(wrong),
        Kind.RIGHT_UNSURE: _first(right, lambda n: sure[n]),
        Kind.RIGHT_SURE: surest(right),
    }
    if base is not None:
        kinds[Kind.FIXED] = surest([n for n in right if base[n] != gold[n]])
        kinds[Kind.BROKEN] = surest([n for n in wrong if base[n] == gold[n]])
    return kinds


def _first(positions: list[int], order: Callable[[int], float]) -> Picked:
    """Those with the smallest `order`; ties go by position."""
    return Picked(tuple(nsmallest(EXAMPLES, positions, key=order)), len(positions))
