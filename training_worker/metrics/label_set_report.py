"""The validation report of `labels`; shapes as in `label_sets`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from ..contract.report import Collapse, Example, ExampleKind, KeptExample, MetricRow, ValidationReport, Value
from .base import FloatArray, IntArray
from .class_report import class_rows
from .collapse import collapse_of
from .examples import Kinds, Validated, example_groups, kept_examples, where

BoolArray = npt.NDArray[np.bool_]
Items = Validated[BoolArray, FloatArray]

THRESHOLD = 0.5
"""A label is answered where its probability is at least this."""
LONGEST_NAME = 200
"""Characters of a set of labels that a collapse names."""


def label_set_report(items: Items, metrics: tuple[MetricRow, ...]) -> ValidationReport:
    """Metrics, labels, and examples by the number of wrong labels."""
    base = None if items.base is None else item_counts(items.truth, items.base).sum(axis=0)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        classes=class_rows(items.labels, item_counts(items.truth, items.answers).sum(axis=0), base),
        groups=example_groups(_kinds(items), partial(_example, items)),
        collapse=_collapse(items),
    )


def label_set_examples(items: Items) -> Iterator[KeptExample]:
    return kept_examples(_kinds(items), partial(_example, items))


def is_answered(answers: FloatArray) -> BoolArray:
    """(n,)"""
    answered: BoolArray = np.asarray(np.isfinite(answers).all(axis=1))
    return answered


def chosen(truth: BoolArray, answers: FloatArray) -> BoolArray:
    """(n, k) the labels that are answered; of an item without an answer all that are wrong."""
    found: BoolArray = np.where(is_answered(answers)[:, None], np.nan_to_num(answers) >= THRESHOLD, ~truth)
    return found


def item_counts(truth: BoolArray, answers: FloatArray) -> FloatArray:
    """(n, 3, k) sufficient statistics of F1: each item's true positives, false positives, false negatives by label."""
    answered = chosen(truth, answers)
    return np.stack([truth & answered, ~truth & answered, truth & ~answered], axis=1).astype(np.float64)


def _wrong(truth: BoolArray, answers: FloatArray) -> IntArray:
    """(n,) labels that are wrong."""
    wrong: IntArray = (chosen(truth, answers) != truth).sum(axis=1)
    return wrong


def _kinds(items: Items) -> Kinds:
    """Items with most wrong labels; those without, most labels first; and where base has more or fewer wrong ones."""
    wrong = _wrong(items.truth, items.answers)
    kinds = {
        ExampleKind.LARGEST_ERROR: where(wrong > 0, -wrong),
        ExampleKind.SMALLEST_ERROR: where(wrong == 0, -items.truth.sum(axis=1)),
    }
    if items.base is not None:
        gain = _wrong(items.truth, items.base) - wrong
        kinds[ExampleKind.IMPROVED] = where(gain > 0, -gain)
        kinds[ExampleKind.REGRESSED] = where(gain < 0, gain)
    return kinds


def _example(items: Items, n: int) -> Example:
    return Example(
        **items.id_and_inputs(n),
        target=[*_names(items.labels, items.truth[n])],
        predicted=_answer(items, items.answers, n),
        base_predicted=None if items.base is None else _answer(items, items.base, n),
        error=float(_wrong(items.truth[n : n + 1], items.answers[n : n + 1])[0]),
    )


def _answer(items: Items, answers: FloatArray, n: int) -> Value:
    row = answers[n]
    return [*_names(items.labels, row >= THRESHOLD)] if np.isfinite(row).all() else None


def _names(labels: Sequence[str], is_there: npt.NDArray[np.bool_]) -> list[str]:
    return [labels[index] for index in np.flatnonzero(is_there).tolist()]


def _collapse(items: Items) -> Collapse | None:
    """Of whole sets of labels; "" is the empty one."""
    truth = np.array([f"={', '.join(_names(items.labels, row))}" for row in items.truth])
    answers = np.array(
        [
            f"={', '.join(_names(items.labels, row))}" if answered else ""
            for row, answered in zip(items.answers >= THRESHOLD, is_answered(items.answers), strict=True)
        ]
    )
    found = collapse_of(truth, answers)
    return found and found.model_copy(update={"answer": str(found.answer)[1:][:LONGEST_NAME]})
