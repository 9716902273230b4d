"""`class`: each item has one of k classes. numpy alone.

Shapes: truth (n,) class indices 0 … k−1; answers (n, k) probabilities, a row of NaN where the model gave no answer;
predicted (n,) class indices, `NO_ANSWER` (−1) where it gave none. No answer is a wrong answer, never a smaller n.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.metrics import METRICS
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .class_counts import COUNTED, counted_classes, counts_gradient
from .class_report import class_examples, class_report
from .confusion import (
    NO_ANSWER,
    confusion_matrix,
    correct_items,
    counts_of_matrix,
    f1_of_counts,
    item_counts,
    predicted_classes,
)
from .examples import Validated
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .probability import calibration_error, log_losses
from .ranking import AREAS, mean_area
from .standard_error import LARGEST_SE, bootstrap_sums, count_units, gradient_se, mean_se

BOOTSTRAPPED = "f1_macro"
"""Its scores were published with the standard error of the bootstrap."""


class ClassOutput:
    """`accuracy` is the share of right answers, `f1_macro`, `f1_micro` and `f1_weighted` are means of the F1 of all k
    classes; a class that is neither asked nor answered counts 0. `balanced_accuracy` is the mean recall, `mcc` is
    Matthews' correlation, `roc_auc` and `pr_auc` (average precision) are means over classes against the rest, of two
    classes that of the last; `log_loss` and `calibration_error` those of `probability`. All are scikit-learn's, with
    `labels` all classes and `zero_division=0`; it has no calibration error.

    No answer counts as: wrong, and for `mcc` as the most frequent wrong class; ranked below all others in its own class
    and above them in others; a right class of the least probability; sure and wrong.
    """

    metrics: tuple[str, ...] = (
        "accuracy",
        "f1_macro",
        "f1_micro",
        "f1_weighted",
        "balanced_accuracy",
        "mcc",
        "roc_auc",
        "pr_auc",
        "log_loss",
        "calibration_error",
    )

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> IntArray:
        index = {label: position for position, label in enumerate(labels)}
        unknown = sum(not isinstance(value, str) or value not in index for value in values)
        if unknown:
            raise ValueError(f"{unknown} labels are unknown")
        return np.array([index[value] for value in values], dtype=np.intp)

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: IntArray, labels: Sequence[str]
    ) -> FloatArray:
        answers = np.full((len(ids), len(labels)), np.nan)

        def store(position: int | None, values: JSON) -> str:
            problem = probabilities_problem(values, len(labels))
            if not problem and values and position is not None:
                answers[position] = values
            return problem

        read_lines(lines, ids, "probabilities", store)
        return answers

    def lines(self, ids: Sequence[str], answers: FloatArray, labels: Sequence[str]) -> list[str]:
        rows: list[list[float]] = np.round(answers, 6).tolist()
        is_missing = (predicted_classes(answers) == NO_ANSWER).tolist()
        return [
            json.dumps({"id": item, "probabilities": [] if missing else row}, ensure_ascii=False)
            for item, row, missing in zip(ids, rows, is_missing, strict=True)
        ]

    def dummy(self, truth: IntArray, labels: Sequence[str]) -> FloatArray:
        """The frequencies of the classes for every item: the most frequent one is answered, ties to the lowest."""
        return np.tile(np.bincount(truth, minlength=len(labels)) / len(truth), (len(truth), 1))

    def take(self, items: npt.NDArray[Any], indices: IntArray) -> npt.NDArray[Any]:
        return items[indices]

    def value(self, metric: str, truth: IntArray, answers: FloatArray, labels: Sequence[str]) -> float:
        predicted = predicted_classes(answers)
        if metric in COUNTED:
            counted = counted_classes(metric, truth, predicted, len(labels))
            return float(COUNTED[metric](counts_of_matrix(confusion_matrix(truth, counted, len(labels)))))
        if metric in AREAS:
            return mean_area(AREAS[metric], truth, answers).value
        if metric == "calibration_error":
            return calibration_error(correct_items(truth, predicted), answers)[0]
        values = _mean_values(metric, truth, answers)
        return float(np.clip(values.mean(), values.min(), values.max()))

    def estimate(
        self, metric: str, truth: IntArray, answers: FloatArray, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error of means by their formula, of `f1_macro` by bootstrap, of the others by the gradient."""
        largest = METRICS[metric].largest_se or LARGEST_SE
        if metric in COUNTED:
            return self._counted(metric, truth, answers, labels, groups, largest)
        if metric in AREAS:
            area = mean_area(AREAS[metric], truth, answers)
            return Estimate(area.value, gradient_se(area.gradient, groups, largest=largest))
        if metric == "calibration_error":
            value, gradient = calibration_error(correct_items(truth, predicted_classes(answers)), answers)
            return Estimate(value, gradient_se(gradient, groups, largest=largest))
        values = _mean_values(metric, truth, answers)
        return Estimate(self.value(metric, truth, answers, labels), mean_se(values, groups, largest=largest))

    def _counted(
        self,
        metric: str,
        truth: IntArray,
        answers: FloatArray,
        labels: Sequence[str],
        groups: IntArray | None,
        largest: float,
    ) -> Estimate:
        value = self.value(metric, truth, answers, labels)
        predicted = counted_classes(metric, truth, predicted_classes(answers), len(labels))
        if metric != BOOTSTRAPPED:
            gradient = counts_gradient(metric, truth, predicted, len(labels))
            return Estimate(value, gradient_se(gradient, groups, largest=largest))
        if count_units(len(truth), groups) < 2:
            return Estimate(value, largest)
        counts = item_counts(truth, predicted, len(labels))
        sums = bootstrap_sums(counts.reshape(len(truth), -1), groups)
        draws = COUNTED[metric](sums.reshape(len(sums), 3, len(labels)))
        return Estimate(value, float(draws.std(ddof=1)))

    def per_class(self, truth: IntArray, answers: FloatArray, labels: Sequence[str]) -> dict[str, float]:
        scores = _class_f1(truth, predicted_classes(answers), len(labels)).tolist()
        return dict(zip(labels, scores, strict=True))

    def items(self, truth: IntArray, answers: FloatArray, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`correct` (n,) 0 or 1, `predicted` (n,)."""
        predicted = predicted_classes(answers)
        return {"correct": correct_items(truth, predicted), "predicted": predicted.astype(np.int32)}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: IntArray,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return class_report(validated, validated.metric_rows(self, metrics))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: IntArray,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return class_examples(Validated(rows, inputs, truth, answers, base, labels))


def _mean_values(metric: str, truth: IntArray, answers: FloatArray) -> FloatArray:
    """(n,) what a metric is the mean of."""
    match metric:
        case "accuracy":
            return correct_items(truth, predicted_classes(answers)).astype(np.float64)
        case "log_loss":
            return log_losses(truth, answers)
    raise KeyError(metric)


def _class_f1(truth: IntArray, predicted: IntArray, classes: int) -> FloatArray:
    """(k,) F1 of each class."""
    return f1_of_counts(counts_of_matrix(confusion_matrix(truth, predicted, classes)))


def probabilities_problem(values: JSON, classes: int) -> str:
    """What is wrong with one line's probabilities; "" where nothing is."""
    if not isinstance(values, list):
        return NOT_A_PREDICTION
    if len(values) == classes and _are_probabilities(values):
        return ""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return "not numbers"
    if len(values) not in {0, classes}:
        return "wrong length"
    if any(value != value or value in {inf, -inf} for value in values):
        return "not finite"
    if any(not 0 <= value <= 1 for value in values):
        return "outside 0…1"
    return ""


def _are_probabilities(values: list[Any]) -> bool:
    """The quick way for nearly every line. A NaN passes `min` and `max`, but not the sum."""
    return set(map(type, values)) <= {float, int} and min(values) >= 0 and max(values) <= 1 and sum(values) >= 0
