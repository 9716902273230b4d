"""Metrics of `text-classification` with their standard errors. Pure functions over arrays, no label text.

Shapes: `gold` (n,) class indices 0 … k−1; `predicted` (n,) class indices, `predictions.NO_ANSWER` (−1) where the model
gave none; `groups` (n,) group indices or None. The denominator is fixed: no answer is a wrong answer, never a smaller
n. All metrics lie in 0…1, higher is better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, f1_score

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]

BOOTSTRAP_DRAWS = 1000
BOOTSTRAP_SEED = 20260101
"""Fixed: the same predictions always get the same standard error."""
LARGEST_SE = 0.5
"""Largest standard deviation of a value in 0…1: what is said where one unit alone allows no estimate."""


@dataclass(frozen=True)
class Estimate:
    """A metric and its standard error, exact."""

    value: float
    se: float


Metric = Callable[[IntArray, IntArray, int, IntArray | None], Estimate]


def correct_items(gold: IntArray, predicted: IntArray) -> npt.NDArray[np.uint8]:
    """(n,) 1 where the item was answered rightly, else 0."""
    return np.equal(gold, predicted).astype(np.uint8)


def accuracy(gold: IntArray, predicted: IntArray, classes: int, groups: IntArray | None = None) -> Estimate:
    """Share of right answers; see `mean_se` for the error."""
    value = float(accuracy_score(gold, predicted))
    return Estimate(value, mean_se(correct_items(gold, predicted).astype(np.float64), groups))


def f1_macro(gold: IntArray, predicted: IntArray, classes: int, groups: IntArray | None = None) -> Estimate:
    """Mean of the F1 of all k classes; a class that is neither asked nor answered counts 0.

    Standard error: bootstrap over items (groups where there are any), see `bootstrap_f1`.
    """
    value = float(per_class_f1(gold, predicted, classes).mean())
    if len(gold if groups is None else np.unique(groups)) < 2:
        return Estimate(value, LARGEST_SE)
    return Estimate(value, float(bootstrap_f1(gold, predicted, classes, groups).std(ddof=1)))


def per_class_f1(gold: IntArray, predicted: IntArray, classes: int) -> FloatArray:
    """(k,) F1 = 2·tp / (2·tp + fp + fn) of each class, 0 where that is 0/0."""
    scores: FloatArray = f1_score(gold, predicted, labels=np.arange(classes), average=None, zero_division=0.0)
    return scores


METRICS: dict[str, Metric] = {"accuracy": accuracy, "f1_macro": f1_macro}


def mean_se(values: FloatArray, groups: IntArray | None = None) -> float:
    """Standard error of the mean of `values` (n,).

    With group sums s_g and sizes n_g, G groups, p = Σs_g/Σn_g: sqrt(G/(G−1) · Σ(s_g − p·n_g)²) / n, the ratio estimator
    of cluster sampling (Cochran 1977, ch. 6). Groups of one item each give std(values, ddof=1)/sqrt(n).
    """
    residuals = _group_sums((values - values.mean())[:, None], groups)[:, 0]
    count = len(residuals)
    if count < 2:
        return LARGEST_SE
    return float(np.sqrt(count / (count - 1) * np.square(residuals).sum()) / len(values))


def item_counts(gold: IntArray, predicted: IntArray, classes: int) -> FloatArray:
    """(n, 3, k) sufficient statistics of F1: each item's true positives, false positives, false negatives by class."""
    index = np.arange(classes)
    asked = gold[:, None] == index
    answered = predicted[:, None] == index
    return np.stack([asked & answered, ~asked & answered, asked & ~answered], axis=1).astype(np.float64)


def f1_of_counts(counts: FloatArray) -> FloatArray:
    """(…, 3, k) summed counts → (…, k) F1, 0 where a class has no count at all."""
    tp, fp, fn = counts[..., 0, :], counts[..., 1, :], counts[..., 2, :]
    denominator = 2 * tp + fp + fn
    return np.divide(2 * tp, denominator, out=np.zeros_like(tp), where=denominator > 0)


def bootstrap_f1(
    gold: IntArray, predicted: IntArray, classes: int, groups: IntArray | None = None, draws: int = BOOTSTRAP_DRAWS
) -> FloatArray:
    """(draws,) macro-F1 of resampled test sets (Efron & Tibshirani 1993): items drawn with replacement, groups whole.

    Units with equal counts are drawn together: multinomial weights over the distinct units have exactly the
    distribution of summed item weights, so that one small matrix product (draws × distinct) · (distinct × 3k) does all.
    """
    counts = item_counts(gold, predicted, classes)
    units = _group_sums(counts.reshape(len(gold), -1), groups)
    distinct, times = np.unique(units, axis=0, return_counts=True)
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    weights = generator.multinomial(len(units), times / len(units), size=draws)
    sums = (weights.astype(np.float64) @ distinct).reshape(draws, 3, classes)
    macro: FloatArray = f1_of_counts(sums).mean(axis=1)
    return macro


def majority_prediction(gold: IntArray, classes: int) -> IntArray:
    """(n,) the most frequent class of `gold` everywhere (ties: lowest index): what knowing nothing else would score."""
    return np.full(len(gold), np.bincount(gold, minlength=classes).argmax(), dtype=np.intp)


def _group_sums(values: npt.NDArray[Any], groups: IntArray | None) -> FloatArray:
    """(n, m) → (G, m) sums by group; each item is its own where `groups` is None."""
    if groups is None:
        return values.astype(np.float64)
    names, index = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, index, values)
    return sums
