"""The step of public scores that a phase gets at import, when no baseline has been scored yet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, pstdev
from typing import Any

from hackathon.rounding import MAX_STEP, MIN_STEP, display_step
from training_worker.contract.metrics import METRICS

BASELINE_GUESS = 0.8
LARGEST_SHARE_STEP, SMALLEST_SHARE_STEP = 0.05, 0.0001
ERRORS: dict[str, Callable[[float], float]] = {"mse": lambda error: error**2, "mae": abs}
"""Error of one item, by metric that is a mean of them; its unit is that of the targets."""


def default_display_step(metric: str, targets: Sequence[Any]) -> float:
    """The largest 1-2-5 step ≤ SE/2 of a baseline, with the n public targets of the test set.

    - A share, from 0 to 1: that of a baseline which is right in `BASELINE_GUESS` of the items, √(p(1 − p)/n), between
      0.0001 and 0.05; from 0 to 100: a hundred times that.
    - A mean error, which has the targets' unit: that of always answering their mean ȳ, with dᵢ = (yᵢ − ȳ)² or |yᵢ − ȳ|
      the standard error of the mean of d, √(Σ(dᵢ − d̄)²/n)/√n; for the root of a mean square that divided by 2√d̄ (delta
      method).
    - Anything else (correlations, R²): 1/√n.
    """
    spec = METRICS[metric]
    if spec.low == 0.0 and spec.high in (1.0, 100.0):
        se = spec.high * math.sqrt(BASELINE_GUESS * (1 - BASELINE_GUESS) / len(targets))
        return min(spec.high * LARGEST_SHARE_STEP, max(spec.high * SMALLEST_SHARE_STEP, display_step(se)))
    if metric == "rmse":
        root = pstdev(targets)
        se = _error_se(targets, ERRORS["mse"]) / (2 * root) if root else 0.0
    else:
        se = _error_se(targets, ERRORS[metric]) if metric in ERRORS else 1 / math.sqrt(len(targets))
    return min(MAX_STEP, max(MIN_STEP, display_step(max(se, MIN_STEP))))


def _error_se(targets: Sequence[float], error: Callable[[float], float]) -> float:
    middle = fmean(targets)
    return pstdev([error(value - middle) for value in targets]) / math.sqrt(len(targets))
