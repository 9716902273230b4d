"""Metrics of classes that are functions of counts: (…, 3, k) true positives, false positives and false negatives of
each class, summed over items, as `confusion.item_counts` has them of one.

Every item has one right class, so that the items are Σ (tp + fn), and those of class k are tp_k + fn_k.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .base import FloatArray, IntArray
from .confusion import (
    NO_ANSWER,
    confusion_matrix,
    counts_of_matrix,
    f1_of_counts,
    item_counts,
    ratio,
    recall_of_counts,
)
from .standard_error import CHUNK

STEP = 1e-3
"""Of a count, which is at least 1, in a difference quotient."""


def f1_macro(counts: FloatArray) -> FloatArray:
    """The mean of the F1 of all k classes."""
    mean: FloatArray = f1_of_counts(counts).mean(axis=-1)
    return mean


def f1_micro(counts: FloatArray) -> FloatArray:
    """F1 of the counts of all classes together: accuracy, where every item has an answer."""
    return f1_of_counts(counts.sum(axis=-1, keepdims=True))[..., 0]


def f1_weighted(counts: FloatArray) -> FloatArray:
    """The mean of the F1 of the classes, each as often as it is asked."""
    support = _support(counts)
    return ratio((f1_of_counts(counts) * support).sum(axis=-1), support.sum(axis=-1))


def balanced_accuracy(counts: FloatArray) -> FloatArray:
    """The mean recall of the classes that are asked."""
    return ratio(recall_of_counts(counts).sum(axis=-1), (_support(counts) > 0).sum(axis=-1).astype(np.float64))


def mcc(counts: FloatArray) -> FloatArray:
    """Matthews' correlation for k classes (Gorodkin 2004), 0 where truth or answers are all of one class."""
    asked, answered = _support(counts), counts[..., 0, :] + counts[..., 1, :]
    items = asked.sum(axis=-1)
    covariance = counts[..., 0, :].sum(axis=-1) * items - (asked * answered).sum(axis=-1)
    spread = np.sqrt(_variance(asked, items) * _variance(answered, items))
    return np.clip(ratio(covariance, spread), -1.0, 1.0)


COUNTED: dict[str, Callable[[FloatArray], FloatArray]] = {
    "f1_macro": f1_macro,
    "f1_micro": f1_micro,
    "f1_weighted": f1_weighted,
    "balanced_accuracy": balanced_accuracy,
    "mcc": mcc,
}
"""By metric: (…, 3, k) summed counts → (…)."""


def counted_classes(metric: str, truth: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """(n,) the classes that count as answered. For `mcc`, in which saying nothing is better than saying the wrong
    thing, an item without an answer counts as taken for the most frequent wrong class, ties to the lowest."""
    if metric != "mcc" or NO_ANSWER not in predicted:
        return predicted
    order = np.argsort(-np.bincount(truth, minlength=classes), kind="stable")
    wrong = np.where(truth == order[0], order[min(1, classes - 1)], order[0])
    return np.where(predicted == NO_ANSWER, wrong, predicted)


def counts_gradient(metric: str, truth: IntArray, counted: IntArray, classes: int) -> FloatArray:
    """(n,) derivative of the metric by each item's weight, the same for equal pairs of right and answered class."""
    whole = counts_of_matrix(confusion_matrix(truth, counted, classes))
    pairs, place = np.unique(np.stack([truth, counted]), axis=1, return_inverse=True)
    parts = []
    for start in range(0, pairs.shape[1], size := max(1, CHUNK // (3 * classes))):
        right, answered = pairs[:, start : start + size]
        change = STEP * item_counts(right, answered, classes)
        parts.append((COUNTED[metric](whole + change) - COUNTED[metric](whole - change)) / (2 * STEP))
    return np.concatenate(parts)[place]


def _support(counts: FloatArray) -> FloatArray:
    """(…, k) how often each class is asked."""
    support: FloatArray = counts[..., 0, :] + counts[..., 2, :]
    return support


def _variance(parts: FloatArray, items: FloatArray) -> FloatArray:
    variance: FloatArray = np.square(items) - np.square(parts).sum(axis=-1)
    return variance
