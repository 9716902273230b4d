"""`choice`: one of an item's own choices, of which items may have different numbers. numpy alone.

Truth (n,) the number of the right choice, from 0. Answers are a list of n arrays of scores, one for each choice, the
highest of which is the answer; an empty one where the model gave none. A score may be any number: a logit, a
log-likelihood. No answer, and an answer beyond the item's choices, is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .choice_report import Scores, choice_examples, choice_report, predicted_choices
from .examples import Validated
from .numbers import is_finite, is_number
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .standard_error import mean_se

MOST_CHOICES = 1000
DIGITS = 9
"""Significant digits of a score in a prediction line: each float32 has its own."""


class ChoiceOutput:
    """`accuracy` is the share of items whose right choice has the highest score."""

    metrics: tuple[str, ...] = ("accuracy",)

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> IntArray:
        bad = sum(not isinstance(value, int) or isinstance(value, bool) or value < 0 for value in values)
        if bad:
            raise ValueError(f"{bad} values are not numbers of choices")
        return np.array(values, dtype=np.intp)

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: IntArray, labels: Sequence[str]
    ) -> Scores:
        answers: Scores = [np.empty(0) for _ in ids]

        def store(position: int | None, scores: JSON) -> str:
            if not isinstance(scores, list):
                return NOT_A_PREDICTION
            if len(scores) > MOST_CHOICES:
                return "wrong length"
            if not all(map(is_number, scores)):
                return "not numbers"
            if not all(map(is_finite, scores)):
                return "not finite"
            if position is not None:
                answers[position] = np.array(scores, dtype=np.float64)
            return ""

        read_lines(lines, ids, "scores", store)
        return answers

    def lines(self, ids: Sequence[str], answers: Scores, labels: Sequence[str]) -> list[str]:
        return [
            json.dumps({"id": item, "scores": _written(scores)}, ensure_ascii=False)
            for item, scores in zip(ids, answers, strict=True)
        ]

    def dummy(self, truth: IntArray, labels: Sequence[str]) -> Scores:
        """The place at which the right choice is most often, ties to the first."""
        counts = np.bincount(truth)
        return [(np.arange(len(counts)) == counts.argmax()).astype(np.float64)] * len(truth)

    def take(self, items: Any, indices: IntArray) -> Any:
        return [items[index] for index in indices.tolist()] if isinstance(items, list) else items[indices]

    def value(self, metric: str, truth: IntArray, answers: Scores, labels: Sequence[str]) -> float:
        return float(_correct(metric, truth, answers).mean())

    def estimate(
        self, metric: str, truth: IntArray, answers: Scores, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error by the formula of the mean."""
        correct = _correct(metric, truth, answers)
        return Estimate(float(correct.mean()), mean_se(correct, groups))

    def per_class(self, truth: IntArray, answers: Scores, labels: Sequence[str]) -> dict[str, float]:
        return {}

    def items(self, truth: IntArray, answers: Scores, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`correct` (n,) 0 or 1, `predicted` (n,), -1 for no answer."""
        predicted = predicted_choices(answers)
        return {"correct": (predicted == truth).astype(np.uint8), "predicted": predicted.astype(np.int32)}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: IntArray,
        answers: Scores,
        base: Scores | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return choice_report(validated, validated.metric_rows(self, metrics))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: IntArray,
        answers: Scores,
        base: Scores | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return choice_examples(Validated(rows, inputs, truth, answers, base, labels))


def _correct(metric: str, truth: IntArray, answers: Scores) -> FloatArray:
    if metric != "accuracy":
        raise KeyError(metric)
    correct: FloatArray = (predicted_choices(answers) == truth).astype(np.float64)
    return correct


def _written(scores: FloatArray) -> list[float]:
    return [float(f"{score:.{DIGITS}g}") for score in scores.tolist()] if np.isfinite(scores).all() else []
