"""How far probabilities can be believed: log-loss and expected calibration error.

Shapes: truth (n,), answers (n, k) as in `classes`. Rows are read as shares of their sum; one that sums to 0 says
nothing of any class.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..contract.metrics import LARGEST_LOG_LOSS, LEAST_PROBABILITY
from ..contract.report import CalibrationBin
from .base import FloatArray, IntArray

BINS = 15
"""Of equal width (Guo et al. 2017)."""


def normalised(answers: FloatArray) -> FloatArray:
    """(n, k) rows that sum to 1; NaN where there is no answer."""
    total = answers.sum(axis=1, keepdims=True)
    shares: FloatArray = np.divide(answers, total, out=np.full_like(answers, 1 / answers.shape[1]), where=total != 0)
    return shares


def log_losses(truth: IntArray, answers: FloatArray) -> FloatArray:
    """(n,) −log of the probability of the right class, of at least `LEAST_PROBABILITY`; the largest for no answer."""
    probability = normalised(answers)[np.arange(len(truth)), truth]
    losses: FloatArray = -np.log(np.clip(probability, LEAST_PROBABILITY, 1.0))
    return np.minimum(np.nan_to_num(losses, nan=LARGEST_LOG_LOSS), LARGEST_LOG_LOSS)


def confidences(answers: FloatArray) -> FloatArray:
    """(n,) probability of the class that is answered; NaN for no answer."""
    highest: FloatArray = normalised(answers).max(axis=1)
    return highest


def bins_of(confidence: FloatArray) -> IntArray:
    """(n,) bin b holds confidences above b/15 up to (b + 1)/15; −1 for no answer."""
    place = np.ceil(np.nan_to_num(confidence) * BINS - 1e-9).astype(np.intp) - 1
    return np.where(np.isnan(confidence), -1, np.clip(place, 0, BINS - 1))


def calibration_error(is_correct: npt.NDArray[np.uint8], answers: FloatArray) -> tuple[float, FloatArray]:
    """Mean distance of accuracy and confidence within each bin, each item counting alike, and its gradient (n,) by the
    weight of each item. No answer counts as sure and wrong, in a bin of its own.

    Where a bin is calibrated within its noise the gradient is too large: the standard error is then an upper bound.
    """
    confidence = confidences(answers)
    place = bins_of(confidence) + 1
    distance = is_correct - np.nan_to_num(confidence, nan=1.0)
    sums = np.bincount(place, weights=distance, minlength=BINS + 1)
    value = float(np.abs(sums).sum() / len(distance))
    return value, (np.sign(sums)[place] * distance - value) / len(distance)


def calibration_bins(is_correct: npt.NDArray[np.bool_], answers: FloatArray) -> tuple[CalibrationBin, ...]:
    """The bins that have items."""
    confidence = confidences(answers)
    place = bins_of(confidence)
    return tuple(
        CalibrationBin(
            low=name / BINS,
            high=(name + 1) / BINS,
            items=int((place == name).sum()),
            confidence=min(1.0, float(confidence[place == name].mean())),
            accuracy=float(is_correct[place == name].mean()),
        )
        for name in range(BINS)
        if (place == name).any()
    )
