"""Counting right and wrong classes; shapes as in `classes`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .base import FloatArray, IntArray

NO_ANSWER = -1
"""The class of an item without an answer."""


def predicted_classes(answers: FloatArray) -> IntArray:
    """(n,) the class of the highest probability, ties to the lowest index; `NO_ANSWER` for a row with a NaN."""
    is_missing = np.isnan(answers.sum(axis=1))
    best: IntArray = np.where(is_missing[:, None], 0.0, answers).argmax(axis=1)
    best[is_missing] = NO_ANSWER
    return best


def confusion_matrix(truth: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """(k, k + 1) items by class (row) and by answer (column); the last column counts those without an answer."""
    columns = np.where(predicted == NO_ANSWER, classes, predicted)
    cells = np.bincount(truth * (classes + 1) + columns, minlength=classes * (classes + 1))
    return cells.reshape(classes, classes + 1)


def counts_of_matrix(matrix: IntArray) -> FloatArray:
    """(3, k) true positives, false positives and false negatives of each class of a confusion matrix."""
    tp = matrix.diagonal()
    return np.stack([tp, matrix[:, :-1].sum(axis=0) - tp, matrix.sum(axis=1) - tp]).astype(np.float64)


def item_counts(truth: IntArray, predicted: IntArray, classes: int) -> FloatArray:
    """(n, 3, k) sufficient statistics of F1: each item's true positives, false positives, false negatives by class."""
    index = np.arange(classes)
    asked = truth[:, None] == index
    answered = predicted[:, None] == index
    return np.stack([asked & answered, ~asked & answered, asked & ~answered], axis=1).astype(np.float64)


def precision_of_counts(counts: FloatArray) -> FloatArray:
    """(…, 3, k) summed counts → (…, k) tp / (tp + fp), 0 where that is 0/0."""
    return ratio(counts[..., 0, :], counts[..., 0, :] + counts[..., 1, :])


def recall_of_counts(counts: FloatArray) -> FloatArray:
    """(…, 3, k) summed counts → (…, k) tp / (tp + fn), 0 where that is 0/0."""
    return ratio(counts[..., 0, :], counts[..., 0, :] + counts[..., 2, :])


def f1_of_counts(counts: FloatArray) -> FloatArray:
    """(…, 3, k) summed counts → (…, k) F1 = 2·tp / (2·tp + fp + fn), 0 where that is 0/0."""
    tp, fp, fn = counts[..., 0, :], counts[..., 1, :], counts[..., 2, :]
    return ratio(2 * tp, 2 * tp + fp + fn)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """part / whole, 0 where `whole` is 0."""
    quotient: FloatArray = np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)
    return quotient


def correct_items(truth: IntArray, predicted: IntArray) -> npt.NDArray[np.uint8]:
    """(n,) 1 where the item was answered rightly, else 0."""
    return np.equal(truth, predicted).astype(np.uint8)
