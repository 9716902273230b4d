"""The validation report of `number`; shapes as in `numbers`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..contract.report import MOST_POINTS, Example, KeptExample, MetricRow, Point, ValidationReport
from .base import FloatArray
from .collapse import collapse_of
from .examples import Kinds, Validated, example_groups, kept_examples, kinds_by_error


def number_report(
    items: Validated[FloatArray, FloatArray],
    metrics: tuple[MetricRow, ...],
    *,
    filled: FloatArray,
    filled_base: FloatArray | None,
) -> ValidationReport:
    """Metrics, points, and examples by their errors. `filled` answers have the worst one where there is none."""
    report = _report(items, filled, filled_base)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        points=_points(items),
        groups=example_groups(report.kinds(), report.example),
        collapse=collapse_of(items.truth, items.answers),
    )


def number_examples(
    items: Validated[FloatArray, FloatArray], *, filled: FloatArray, filled_base: FloatArray | None
) -> Iterator[KeptExample]:
    report = _report(items, filled, filled_base)
    return kept_examples(report.kinds(), report.example)


def _report(items: Validated[FloatArray, FloatArray], filled: FloatArray, filled_base: FloatArray | None) -> _Report:
    return _Report(
        items=items,
        errors=np.abs(items.truth - filled),
        base_errors=None if filled_base is None else np.abs(items.truth - filled_base),
    )


def _points(items: Validated[FloatArray, FloatArray]) -> tuple[Point, ...]:
    """Of the items with an answer, in their order: all, or evenly chosen ones."""
    answered = np.flatnonzero(np.isfinite(items.answers))
    if len(answered) > MOST_POINTS:
        answered = answered[np.linspace(0, len(answered) - 1, MOST_POINTS).round().astype(np.intp)]
    pairs = zip(items.truth[answered].tolist(), items.answers[answered].tolist(), strict=True)
    return tuple(Point(target=target, predicted=predicted) for target, predicted in pairs)


@dataclass(frozen=True, repr=False, eq=False)
class _Report:
    """`errors` and `base_errors` are absolute (n,)."""

    items: Validated[FloatArray, FloatArray]
    errors: FloatArray
    base_errors: FloatArray | None

    def kinds(self) -> Kinds:
        return kinds_by_error(self.errors, self.base_errors)

    def example(self, n: int) -> Example:
        return Example(
            **self.items.id_and_inputs(n),
            target=float(self.items.truth[n]),
            predicted=_answer(self.items.answers[n]),
            base_predicted=None if self.items.base is None else _answer(self.items.base[n]),
            error=float(self.errors[n]),
        )


def _answer(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
