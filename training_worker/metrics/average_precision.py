"""Average precision of each label: the area under its precision-recall curve in steps, as scikit-learn has it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .base import FloatArray
from .confusion import ratio


def average_precision(truth: npt.NDArray[np.bool_], answers: FloatArray, weights: FloatArray) -> FloatArray:
    """(d, k) from truth and answers (n, k) and `weights` (d, n) of items: Σ (R_t - R_t-1)·P_t over the thresholds t,
    the distinct answers from the highest on; 0 for a label that no item has. An item without an answer is ranked as
    wrongly as can be."""
    values = np.zeros((len(weights), truth.shape[1]))
    for label in range(truth.shape[1]):
        is_right, scores = truth[:, label], answers[:, label]
        scores = np.where(np.isnan(scores), np.where(is_right, -np.inf, np.inf), scores)
        order = np.argsort(-scores, kind="stable")
        ends = np.flatnonzero(np.append(scores[order][1:] != scores[order][:-1], True))
        ordered = weights[:, order]
        found = np.cumsum(ordered * is_right[order], axis=1)[:, ends]
        taken = np.cumsum(ordered, axis=1)[:, ends]
        gains = np.diff(found, axis=1, prepend=0.0)
        values[:, label] = ratio((gains * ratio(found, taken)).sum(axis=1), found[:, -1])
    return values
