"""`number`: a number for each item. numpy alone.

Shapes: truth (n,); answers (n,), NaN where the model gave none. Such an item counts as if the model had answered the
end of the range of all right values and given answers that lies farther from the right one (where that range is a
single point: that point plus 1), so that no answer within that range would have made a larger error.
Every metric is finite: truth and answers count at most `LIMIT` in size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .correlation import WEIGHTED
from .examples import Validated
from .number_report import number_examples, number_report
from .prediction_lines import read_lines
from .standard_error import bootstrap_weights, count_units, mean_se

LIMIT = 1e30
DIGITS = 9
"""Significant digits of a number in a prediction line: each float32 has its own."""


class NumberOutput:
    """`mse`, `rmse`, `mae` and `r2` are scikit-learn's, `pearson` and `spearman` scipy's, with values where those have
    none.

    Where all right values are equal `r2` is 1 for the right answers and 0 for others, as scikit-learn has it; a
    correlation is 0 where either side does not vary.
    """

    metrics: tuple[str, ...] = ("mse", "rmse", "mae", "r2", "pearson", "spearman")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> FloatArray:
        bad = sum(not is_number(value) or not abs(value) <= LIMIT for value in values)
        if bad:
            raise ValueError(f"{bad} values are not numbers between -{LIMIT:g} and {LIMIT:g}")
        return np.array(values, dtype=np.float64)

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: FloatArray, labels: Sequence[str]
    ) -> FloatArray:
        answers = np.full(len(ids), np.nan)

        def store(position: int | None, value: JSON) -> str:
            if value is None:
                return ""
            if not is_number(value):
                return "not numbers"
            if not is_finite(value):
                return "not finite"
            if position is not None:
                answers[position] = value
            return ""

        read_lines(lines, ids, "value", store)
        return answers

    def lines(self, ids: Sequence[str], answers: FloatArray, labels: Sequence[str]) -> list[str]:
        """An answer that is not finite is none."""
        values = [float(f"{value:.{DIGITS}g}") if isfinite(value) else None for value in answers.tolist()]
        return [
            json.dumps({"id": item, "value": value}, ensure_ascii=False)
            for item, value in zip(ids, values, strict=True)
        ]

    def dummy(self, truth: FloatArray, labels: Sequence[str]) -> FloatArray:
        """The mean for every item."""
        return np.full(len(truth), truth.mean())

    def take(self, items: FloatArray, indices: IntArray) -> FloatArray:
        return items[indices]

    def value(self, metric: str, truth: FloatArray, answers: FloatArray, labels: Sequence[str]) -> float:
        filled = fill(truth, answers)
        if metric == "rmse":
            return _root_mean_square(truth - filled)
        if metric in ERRORS:
            return float(ERRORS[metric](truth - filled).mean())
        return float(WEIGHTED[metric](truth, filled, np.ones((1, len(truth))))[0])

    def estimate(
        self, metric: str, truth: FloatArray, answers: FloatArray, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error of the mean errors by the formula of the mean, of their root by its derivative, of the others
        by bootstrap."""
        value = self.value(metric, truth, answers, labels)
        filled = fill(truth, answers)
        if metric == "rmse":
            if count_units(len(truth), groups) < 2:
                return Estimate(value, _span(truth, filled) / 2)
            squares = self.estimate("mse", truth, answers, labels, groups)
            return Estimate(value, squares.se / (2 * value) if value else 0.0)
        if metric in ERRORS:
            largest = float(ERRORS[metric](np.array([_span(truth, filled)]))[0]) / 2
            return Estimate(value, mean_se(ERRORS[metric](truth - filled), groups, largest=largest))
        if count_units(len(truth), groups) < 2:
            return Estimate(value, 1.0)
        parts = [WEIGHTED[metric](truth, filled, weights) for weights in bootstrap_weights(len(truth), groups)]
        return Estimate(value, float(np.concatenate(parts).std(ddof=1)))

    def per_class(self, truth: FloatArray, answers: FloatArray, labels: Sequence[str]) -> dict[str, float]:
        return {}

    def items(self, truth: FloatArray, answers: FloatArray, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`value` (n,), NaN for no answer."""
        return {"value": answers}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: FloatArray,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        filled_base = None if base is None else fill(truth, base)
        return number_report(
            validated, validated.metric_rows(self, metrics), filled=fill(truth, answers), filled_base=filled_base
        )

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: FloatArray,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        filled_base = None if base is None else fill(truth, base)
        return number_examples(validated, filled=fill(truth, answers), filled_base=filled_base)


ERRORS = {"mse": np.square, "mae": np.abs}


def _root_mean_square(errors: FloatArray) -> float:
    """Without squares that are too small or too large for a float."""
    largest = float(np.abs(errors).max())
    return largest * float(np.sqrt(np.square(errors / largest).mean())) if largest else 0.0


def fill(truth: FloatArray, answers: FloatArray) -> FloatArray:
    """(n,) the answers, at most `LIMIT` in size, with the worst one where there is none: see the module."""
    is_missing = ~np.isfinite(answers)
    clipped = np.clip(np.where(is_missing, truth, answers), -LIMIT, LIMIT)
    low, high = min(truth.min(), clipped.min()), max(truth.max(), clipped.max())
    farther = np.where(truth - low >= high - truth, low, high) if high > low else truth + 1
    return np.where(is_missing, farther, clipped)


def _span(truth: FloatArray, filled: FloatArray) -> float:
    """The largest error that the range of right values and answers allows, 1 where it is a single point."""
    return float(max(truth.max(), filled.max()) - min(truth.min(), filled.min())) or 1.0


def is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(value: float) -> bool:
    """Also of a whole number: 10**400 is larger than any float."""
    try:
        return isfinite(value)
    except OverflowError:
        return False
