"""`labels`: each item has any number of k labels. numpy alone.

Shapes: truth (n, k) bool; answers (n, k) probabilities that are independent of each other, a row of NaN where the model
gave no answer. A label is answered from `THRESHOLD` on. An item without an answer counts as if every label of it were
wrong, and as if the labels that are right had been ranked below all others and the wrong ones above.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .average_precision import average_precision
from .base import Estimate, FloatArray, IntArray
from .classes import probabilities_problem
from .confusion import f1_of_counts, ratio
from .examples import Validated
from .label_set_report import BoolArray, chosen, is_answered, item_counts, label_set_examples, label_set_report
from .prediction_lines import read_lines
from .standard_error import LARGEST_SE, bootstrap_sums, bootstrap_weights, count_units, mean_se

PR_AUC_DRAWS = 200
"""Of the bootstrap of `pr_auc`, which sums over items anew for each label and draw."""


class LabelSetOutput:
    """All are scikit-learn's on the matrix of labels, with `zero_division=0`: `f1_score`, `accuracy_score`, and
    `average_precision_score` with `average="macro"`."""

    metrics: tuple[str, ...] = ("f1_micro", "f1_macro", "f1_weighted", "subset_accuracy", "pr_auc")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> BoolArray:
        known = set(labels)
        bad = sum(not _are_labels(value, known) for value in values)
        if bad:
            raise ValueError(f"{bad} lists hold something else than labels of the data")
        return np.array([[label in value for label in labels] for value in values], dtype=np.bool_)

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: BoolArray, labels: Sequence[str]
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
        is_missing: list[bool] = (~is_answered(answers)).tolist()
        return [
            json.dumps({"id": item, "probabilities": [] if missing else row}, ensure_ascii=False)
            for item, row, missing in zip(ids, rows, is_missing, strict=True)
        ]

    def dummy(self, truth: BoolArray, labels: Sequence[str]) -> FloatArray:
        """The frequencies of the labels for every item."""
        return np.tile(truth.mean(axis=0), (len(truth), 1))

    def take(self, items: npt.NDArray[Any], indices: IntArray) -> npt.NDArray[Any]:
        return items[indices]

    def value(self, metric: str, truth: BoolArray, answers: FloatArray, labels: Sequence[str]) -> float:
        if metric == "pr_auc":
            return float(average_precision(truth, answers, np.ones((1, len(truth)))).mean())
        if metric == "subset_accuracy":
            return float(_is_right(truth, answers).mean())
        return float(AVERAGES[metric](item_counts(truth, answers).sum(axis=0)))

    def estimate(
        self, metric: str, truth: BoolArray, answers: FloatArray, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error of `subset_accuracy` by the formula of the mean, of the others by bootstrap."""
        value = self.value(metric, truth, answers, labels)
        if metric == "subset_accuracy":
            return Estimate(value, mean_se(_is_right(truth, answers), groups))
        if count_units(len(truth), groups) < 2:
            return Estimate(value, LARGEST_SE)
        if metric == "pr_auc":
            parts = bootstrap_weights(len(truth), groups, PR_AUC_DRAWS)
            draws = np.concatenate([average_precision(truth, answers, weights).mean(axis=1) for weights in parts])
        else:
            counts = item_counts(truth, answers)
            sums = bootstrap_sums(counts.reshape(len(truth), -1), groups)
            draws = AVERAGES[metric](sums.reshape(-1, *counts.shape[1:]))
        return Estimate(value, float(draws.std(ddof=1)))

    def per_class(self, truth: BoolArray, answers: FloatArray, labels: Sequence[str]) -> dict[str, float]:
        scores = f1_of_counts(item_counts(truth, answers).sum(axis=0)).tolist()
        return dict(zip(labels, scores, strict=True))

    def items(self, truth: BoolArray, answers: FloatArray, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`probabilities` (n, k), NaN for no answer."""
        return {"probabilities": answers.astype(np.float32)}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: BoolArray,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return label_set_report(validated, validated.metric_rows(self, metrics))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: BoolArray,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return label_set_examples(Validated(rows, inputs, truth, answers, base, labels))


def _micro(counts: FloatArray) -> FloatArray:
    """(…, 3, k) summed counts → (…) F1 of the counts of all labels together."""
    together: FloatArray = f1_of_counts(counts.sum(axis=-1, keepdims=True))[..., 0]
    return together


def _macro(counts: FloatArray) -> FloatArray:
    mean: FloatArray = f1_of_counts(counts).mean(axis=-1)
    return mean


def _weighted(counts: FloatArray) -> FloatArray:
    """Weighted by how often each label is right; 0 where none ever is."""
    support = counts[..., 0, :] + counts[..., 2, :]
    return ratio((f1_of_counts(counts) * support).sum(axis=-1), support.sum(axis=-1))


AVERAGES = {"f1_micro": _micro, "f1_macro": _macro, "f1_weighted": _weighted}


def _is_right(truth: BoolArray, answers: FloatArray) -> FloatArray:
    """(n,) 1 where the very set of labels was answered."""
    is_right: FloatArray = (chosen(truth, answers) == truth).all(axis=1).astype(np.float64)
    return is_right


def _are_labels(value: JSON, known: set[str]) -> bool:
    if not isinstance(value, list) or not all(isinstance(label, str) and label in known for label in value):
        return False
    return len(set(value)) == len(value)
