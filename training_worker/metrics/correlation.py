"""R² and correlations of weighted items, for many rows of weights at once: what bootstrap needs.

Shapes: truth, answers (n,); weights (d, n), how often each of d samples holds each item; results (d,).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .base import FloatArray

NO_VARIANCE = 1e-28
"""Variance, of values scaled to at most 1 in size, below which a sample's differences are those of rounding."""
LARGEST_ERROR = 1e200
"""Largest squared error, in units of the truth's largest distance from its mean, that R² counts."""
LOWEST_R2 = -1e100


def weighted_r2(truth: FloatArray, answers: FloatArray, weights: FloatArray) -> FloatArray:
    """1 − Σw(y − ŷ)² / Σw(y − ȳ)², at least `LOWEST_R2`. Where y does not vary: 1 if all answers are right, else 0."""
    scale = float(np.abs(truth - truth.mean()).max()) if np.ptp(truth) else 1.0
    with np.errstate(over="ignore"):
        errors = np.minimum(np.square((truth - answers) / scale), LARGEST_ERROR)
    residual = weights @ errors / weights.sum(axis=1)
    total = _mean(np.square(_deviations(_scaled(truth), weights)), weights)
    otherwise = np.where(residual > 0, 1.0, 0.0)
    quotient: FloatArray = np.divide(residual, total, out=otherwise, where=total > NO_VARIANCE)
    return np.maximum(1 - quotient, LOWEST_R2)


def weighted_pearson(truth: FloatArray, answers: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson's r, 0 where either side does not vary."""
    return _correlation(_scaled(truth), _scaled(answers), weights)


def weighted_spearman(truth: FloatArray, answers: FloatArray, weights: FloatArray) -> FloatArray:
    """Pearson's r of the ranks in each sample, ties sharing their mean rank."""
    return _correlation(_ranks(truth, weights), _ranks(answers, weights), weights)


WEIGHTED: dict[str, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]] = {
    "r2": weighted_r2,
    "pearson": weighted_pearson,
    "spearman": weighted_spearman,
}


def _scaled(values: FloatArray) -> FloatArray:
    """Distances from the mean, the largest being 1; zeros where there are none."""
    if not np.ptp(values):
        return np.zeros_like(values)
    distances = values - values.mean()
    scaled: FloatArray = distances / np.abs(distances).max()
    return scaled


def _correlation(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    """(d,) of `x` and `y` (n,) or (d, n), scaled to at most 1 in size."""
    x, y = _deviations(x, weights), _deviations(y, weights)
    x_variance, y_variance = _mean(np.square(x), weights), _mean(np.square(y), weights)
    varies = (x_variance > NO_VARIANCE) & (y_variance > NO_VARIANCE)
    spread = np.sqrt(x_variance * y_variance)
    r: FloatArray = np.divide(_mean(x * y, weights), spread, out=np.zeros_like(spread), where=varies)
    return np.clip(r, -1.0, 1.0)


def _deviations(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(d, n) distances from each sample's mean."""
    distances: FloatArray = values - _mean(np.broadcast_to(values, weights.shape), weights)[:, None]
    return distances


def _mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(d, n) → (d,) means of the samples."""
    means: FloatArray = np.einsum("dn,dn->d", values, weights) / weights.sum(axis=1)
    return means


def _ranks(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(d, n) mean rank of each item's value in each sample, as a part of the sample's size."""
    _distinct, index = np.unique(values, return_inverse=True)
    order = np.argsort(index, kind="stable")
    starts = np.flatnonzero(np.diff(index[order], prepend=-1))
    times = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = np.cumsum(times, axis=1) - (times - 1) / 2
    scaled: FloatArray = (ranks / weights.sum(axis=1, keepdims=True))[:, index]
    return scaled
