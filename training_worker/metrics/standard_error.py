"""Standard errors: of a mean by its formula, of what has a derivative by that, of anything else by bootstrap. Items of
one group are one unit.

Shapes: `groups` (n,) group indices of n items, or None where each item is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from .base import FloatArray, IntArray

BOOTSTRAP_DRAWS = 1000
BOOTSTRAP_SEED = 20260101
"""Fixed: the same predictions always get the same standard error."""
LARGEST_SE = 0.5
"""Largest standard deviation of a value in 0…1: what is said where one unit alone allows no estimate."""
CHUNK = 2_000_000
"""Most numbers of one array of weights."""


def count_units(n: int, groups: IntArray | None) -> int:
    """How many items or groups are drawn independently."""
    return n if groups is None else len(np.unique(groups))


def mean_se(values: FloatArray, groups: IntArray | None = None, *, largest: float = LARGEST_SE) -> float:
    """Standard error of the mean of `values` (n,); `largest` where there is one unit.

    With group sums s_g and sizes n_g, G groups, p = Σs_g/Σn_g: sqrt(G/(G−1) · Σ(s_g − p·n_g)²) / n, the ratio estimator
    of cluster sampling (Cochran 1977, ch. 6). Groups of one item each give std(values, ddof=1)/sqrt(n).
    """
    residuals = group_sums((values - values.mean())[:, None], groups)[:, 0]
    count = len(residuals)
    if count < 2:
        return largest
    return float(np.sqrt(count / (count - 1) * np.square(residuals).sum()) / len(values))


def gradient_se(gradient: FloatArray, groups: IntArray | None = None, *, largest: float = LARGEST_SE) -> float:
    """Standard error of a value that does not change when all items weigh twice as much, from its derivative by the
    weight of each item (n,): sqrt(G/(G−1) · Σ s_g²) of its sums s_g by group. For a mean it is `mean_se`."""
    sums = group_sums(gradient[:, None], groups)[:, 0]
    count = len(sums)
    return largest if count < 2 else float(np.sqrt(count / (count - 1) * np.square(sums).sum()))


def bootstrap_sums(items: npt.NDArray[Any], groups: IntArray | None, draws: int = BOOTSTRAP_DRAWS) -> FloatArray:
    """(draws, m) sums of `items` (n, m) over resampled test sets (Efron & Tibshirani 1993), groups drawn whole.

    Units with equal values are drawn together: multinomial weights over the distinct units have exactly the
    distribution of summed item weights, so that one small matrix product (draws × distinct) · (distinct × m) does all.
    """
    units = group_sums(items, groups)
    distinct, times = np.unique(units, axis=0, return_counts=True)
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    weights = generator.multinomial(len(units), times / len(units), size=draws)
    sums: FloatArray = weights.astype(np.float64) @ distinct
    return sums


def bootstrap_weights(n: int, groups: IntArray | None, draws: int = BOOTSTRAP_DRAWS) -> Iterator[FloatArray]:
    """Parts (d, n) of `draws` rows of item weights: how often each resampled test set holds each item, groups whole."""
    units = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(units.max()) + 1
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    shares = np.full(count, 1 / count)
    size = max(1, CHUNK // n)
    for start in range(0, draws, size):
        yield generator.multinomial(count, shares, size=min(size, draws - start)).astype(np.float64)[:, units]


def group_sums(values: npt.NDArray[Any], groups: IntArray | None) -> FloatArray:
    """(n, m) → (G, m) sums by group."""
    if groups is None:
        return values.astype(np.float64)
    names, index = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, index, values)
    return sums
