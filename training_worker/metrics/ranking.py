"""How well probabilities rank the items of a class before all others: areas under the ROC and the precision-recall
curve.

Shapes: `is_of_class` (n,) bool, `scores` (n,). A value comes with its gradient (n,), the derivative by the weight of
each item: the sum of its squares is the variance of the value (infinitesimal jackknife, Efron 1982; for the area under
the ROC curve it is DeLong's, 1988), so that no resampling is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .base import FloatArray, IntArray

Bools = npt.NDArray[np.bool_]
CHANCE_AUC = 0.5
BELOW, ABOVE = -1.0, 2.0
"""Scores lower and higher than any probability."""


@dataclass(frozen=True)
class Area:
    value: float
    gradient: FloatArray


def worst_where_missing(truth: IntArray, answers: FloatArray) -> FloatArray:
    """(n, k) probabilities, a row without an answer ranked as wrongly as can be: its own class below, others above."""
    is_missing = np.isnan(answers.sum(axis=1))
    if not is_missing.any():
        return answers
    filled = np.where(is_missing[:, None], ABOVE, answers)
    filled[is_missing, truth[is_missing]] = BELOW
    return filled


def mean_area(of: Callable[[Bools, FloatArray], Area], truth: IntArray, answers: FloatArray) -> Area:
    """The mean over the classes, each against the rest (one against the rest of two classes: the last one), that some
    items are of and others are not; `CHANCE_AUC` where there is none."""
    scores = worst_where_missing(truth, answers)
    asked = [name for name in ranked_classes(answers.shape[1]) if 0 < (truth == name).sum() < len(truth)]
    if not asked:
        return Area(CHANCE_AUC, np.zeros(len(truth)))
    areas = [of(truth == name, scores[:, name]) for name in asked]
    gradient: FloatArray = np.mean([area.gradient for area in areas], axis=0)
    return Area(float(np.mean([area.value for area in areas])), gradient)


def ranked_classes(classes: int) -> range:
    """Of two classes the last one is the positive one, as scikit-learn has it; else all of them."""
    return range(1, 2) if classes == 2 else range(classes)


def roc_area(is_of_class: Bools, scores: FloatArray) -> Area:
    """The share of pairs of an item of the class and another one that are ranked rightly, ties counting a half."""
    ranks, true, all_ = _counts_down(is_of_class, scores)
    higher, lower = _shares_around(true)[ranks], 1 - _shares_around(all_ - true)[ranks]
    value = min(1.0, float(lower[is_of_class].mean()))
    positives, negatives = true[-1], all_[-1] - true[-1]
    return Area(value, np.where(is_of_class, (lower - value) / positives, (higher - value) / negatives))


def _shares_around(counts: FloatArray) -> FloatArray:
    """Of items counted down to each score, the share above it, equal ones counting a half."""
    shares: FloatArray = (counts + np.concatenate([[0.0], counts[:-1]])) / (2 * counts[-1])
    return shares


def precision_area(is_of_class: Bools, scores: FloatArray) -> Area:
    """Average precision: the mean, over the items of the class, of the precision among those ranked as high or higher;
    0 for an item without an answer, as it is never found.

    With T and M the items of the class, and all items, down to a score, an item's weight changes T, M and the mean.
    """
    ranks, true, all_ = _counts_down(is_of_class, scores)
    is_found, asked = is_of_class & (scores > BELOW), is_of_class.sum()
    found, precision = np.bincount(ranks, weights=is_found, minlength=len(all_)), true / all_
    value = min(1.0, float((found * precision).sum() / asked))
    by_true = np.cumsum((found / all_)[::-1])[::-1]
    by_all = np.cumsum((found * true / np.square(all_))[::-1])[::-1]
    own = np.where(is_of_class, is_found * precision[ranks] - value + by_true[ranks], 0.0)
    return Area(value, (own - by_all[ranks]) / asked)


def _counts_down(is_of_class: Bools, scores: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """(n,) each item's place among the distinct scores, the highest first; items of the class, and all, down to it."""
    _scores, ranks = np.unique(-scores, return_inverse=True)
    true, all_ = np.bincount(ranks, weights=is_of_class), np.bincount(ranks)
    return ranks, np.cumsum(true), np.cumsum(all_).astype(np.float64)


def interpolated_precisions(is_of_class: Bools, scores: FloatArray, recalls: FloatArray) -> FloatArray:
    """The highest precision at that recall or a higher one (Manning et al. 2008, 8.4), for each of `recalls`."""
    _ranks, true, all_ = _counts_down(is_of_class, scores)
    best = np.maximum.accumulate((true / all_)[::-1])[::-1]
    places = np.searchsorted(true / true[-1], recalls - 1e-12)
    precisions: FloatArray = best[places]
    return precisions


AREAS: dict[str, Callable[[Bools, FloatArray], Area]] = {"roc_auc": roc_area, "pr_auc": precision_area}
