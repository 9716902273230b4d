"""What a run got right and wrong on the validation items. Pure: arrays in, numbers and positions out.

Shapes as in `metrics`: `gold` (n,) class indices; `predicted` (n,) class indices or `NO_ANSWER`; k classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from .metrics import NO_ANSWER, FloatArray, IntArray, predicted_classes

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
    """What was asked and answered. `probabilities` is (n, k), a row of NaN where there is no answer; `base` is what
    the untrained model answered, None where that is not known."""

    labels: tuple[str, ...]
    gold: IntArray
    probabilities: FloatArray
    base: IntArray | None

    @property
    def predicted(self) -> IntArray:
        return predicted_classes(self.probabilities)


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


def metric_rows(answers: Answers) -> list[MetricRow]:
    """Accuracy and macro-F1 of the run beside those of the untrained model."""
    tuned = _metrics(answers.gold, answers.predicted, len(answers.labels))
    if answers.base is None:
        return [MetricRow(name, value, None, None) for name, value in tuned.items()]
    base = _metrics(answers.gold, answers.base, len(answers.labels))
    return [MetricRow(name, value, base[name], value - base[name]) for name, value in tuned.items()]


def _metrics(gold: IntArray, predicted: IntArray, classes: int) -> dict[str, float]:
    f1 = _by_class(gold, predicted, classes)[2]
    return {"accuracy": float(accuracy_score(gold, predicted)), "f1_macro": float(f1.mean())}


def class_rows(answers: Answers) -> list[ClassRow]:
    """Precision, recall, F1 (0 where that is 0/0) and support of each class, in the order of the labels."""
    classes = len(answers.labels)
    tuned = _by_class(answers.gold, answers.predicted, classes)
    base = None if answers.base is None else _by_class(answers.gold, answers.base, classes)[2]
    return [
        ClassRow(
            label=label,
            precision=float(tuned[0][k]),
            recall=float(tuned[1][k]),
            f1=float(tuned[2][k]),
            base_f1=None if base is None else float(base[k]),
            support=int(tuned[3][k]),
        )
        for k, label in enumerate(answers.labels)
    ]


def _by_class(gold: IntArray, predicted: IntArray, classes: int) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    found: tuple[FloatArray, FloatArray, FloatArray, IntArray] = precision_recall_fscore_support(
        gold, predicted, labels=np.arange(classes), average=None, zero_division=0.0
    )
    return found


def confusion_counts(answers: Answers) -> IntArray:
    """(k, k + 1) items by class (row) and by answer (column); the last column counts those without an answer."""
    classes = len(answers.labels)
    index = [*range(classes), NO_ANSWER]
    counts: IntArray = confusion_matrix(answers.gold, answers.predicted, labels=index)[:classes]
    return counts


def top_confusions(labels: tuple[str, ...], counts: IntArray) -> list[Confusion]:
    """The most frequent wrong answers, most first; an item without an answer was taken for nothing."""
    wrong = counts[:, : len(labels)].copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
    pairs = [divmod(int(flat), len(labels)) for flat in order]
    return [Confusion(labels[g], labels[p], int(wrong[g, p])) for g, p in pairs if wrong[g, p]]


def pick_examples(answers: Answers) -> dict[Kind, Picked]:
    """At most `EXAMPLES` of each kind. The kinds that compare are there only where the base model's answers are."""
    predicted, right = answers.predicted, answers.gold == answers.predicted
    sure = np.where(predicted == NO_ANSWER, 0.0, answers.probabilities.max(axis=1))
    kinds: dict[Kind, tuple[npt.NDArray[np.bool_], FloatArray]] = {
        Kind.WRONG_SURE: (~right, -sure),
        Kind.RIGHT_UNSURE: (right, sure),
        Kind.RIGHT_SURE: (right, -sure),
    }
    if answers.base is not None:
        was_right = answers.gold == answers.base
        kinds[Kind.FIXED] = (right & ~was_right, -sure)
        kinds[Kind.BROKEN] = (~right & was_right, -sure)
    return {kind: _first(is_one, order) for kind, (is_one, order) in kinds.items()}


def _first(is_one: npt.NDArray[np.bool_], order: FloatArray) -> Picked:
    """Those of the kind with the smallest `order`; ties go by position."""
    positions = np.flatnonzero(is_one)
    ranked = positions[np.argsort(order[positions], kind="stable")]
    return Picked(tuple(int(position) for position in ranked[:EXAMPLES]), len(positions))
