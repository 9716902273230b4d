"""The validation report of `choice`; shapes as in `choices`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..contract.report import Example, ExampleKind, KeptExample, MetricRow, ValidationReport
from .base import FloatArray, IntArray
from .collapse import collapse_of
from .confusion import NO_ANSWER
from .examples import Kinds, Validated, example_groups, kept_examples, where

Scores = list[FloatArray]
Items = Validated[IntArray, Scores]


def choice_report(items: Items, metrics: tuple[MetricRow, ...]) -> ValidationReport:
    """Metrics, and examples of wrong and right answers by their confidence."""
    predicted = predicted_choices(items.answers)
    names = np.array([*map(str, range(1, 2 + max(predicted.max(), items.truth.max()))), ""])  # the last: `NO_ANSWER`
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        groups=example_groups(_kinds(items), partial(_example, items)),
        collapse=collapse_of(names[items.truth], names[predicted]),
    )


def choice_examples(items: Items) -> Iterator[KeptExample]:
    return kept_examples(_kinds(items), partial(_example, items))


def predicted_choices(answers: Scores) -> IntArray:
    """(n,) the choice of the highest score, ties to the first; `NO_ANSWER` without scores."""
    found = (int(scores.argmax()) if is_answered(scores) else NO_ANSWER for scores in answers)
    return np.fromiter(found, dtype=np.intp, count=len(answers))


def is_answered(scores: FloatArray) -> bool:
    return bool(len(scores) and np.isfinite(scores).all())


def confidence_of(scores: FloatArray) -> FloatArray:
    """The scores as probabilities: their softmax."""
    exponents = np.exp(scores - scores.max())
    shares: FloatArray = exponents / exponents.sum()
    return shares


def _kinds(items: Items) -> Kinds:
    """Wrong answers; of the right ones the half with the lower confidence, and the others; changes from base."""
    truth, predicted = items.truth, predicted_choices(items.answers)
    confidence = np.array([confidence_of(row).max() if is_answered(row) else 0.0 for row in items.answers])
    is_right = predicted == truth
    right = where(is_right, confidence)
    is_uncertain = np.isin(np.arange(len(truth)), right[: len(right) // 2])
    kinds = {
        ExampleKind.ERROR: where(~is_right, -confidence),
        ExampleKind.UNCERTAIN: where(is_uncertain, confidence),
        ExampleKind.CONFIDENT: where(is_right & ~is_uncertain, -confidence),
    }
    if items.base is not None:
        was_right = predicted_choices(items.base) == truth
        kinds[ExampleKind.IMPROVED] = where(is_right & ~was_right, -confidence)
        kinds[ExampleKind.REGRESSED] = where(~is_right & was_right, -confidence)
    return kinds


def _example(items: Items, n: int) -> Example:
    scores, target = items.answers[n], int(items.truth[n])
    predicted = _answer(scores)
    shares = confidence_of(scores) if predicted is not None else np.empty(0)
    return Example(
        **items.id_and_inputs(n),
        target=target,
        predicted=predicted,
        base_predicted=None if items.base is None else _answer(items.base[n]),
        confidence=None if predicted is None else float(shares[predicted]),
        target_confidence=float(shares[target]) if target < len(shares) else None,
    )


def _answer(scores: FloatArray) -> int | None:
    return int(scores.argmax()) if is_answered(scores) else None
