"""Has a model collapsed: does it give (nearly) every validation item the same answer, where the right ones differ?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.bounds import clipped
from ..contract.report import Collapse
from .base import FloatArray

LEAST_VARIETY = 0.1
"""A model has collapsed where its answers differ from one of them less than this share as often as the truth does."""
WIDTH = 0.05
"""Numbers this near to each other, in standard deviations of the truth, are the same answer."""


def collapse_of(truth: npt.NDArray[Any], answers: npt.NDArray[Any]) -> Collapse | None:
    """Of single answers (n,): labels with "" for none, or numbers told apart by `WIDTH`, with NaN for none. None where
    the model has not collapsed."""
    if answers.dtype.kind == "f":
        return _of_numbers(truth, answers)
    values, counts = np.unique(answers[answers != ""], return_counts=True)
    if not len(values):
        return None
    answer = values[counts.argmax()]
    return _judge(str(answer), truth == answer, answers == answer)


def _of_numbers(truth: FloatArray, answers: FloatArray) -> Collapse | None:
    answered = answers[np.isfinite(answers)]
    spread = float(truth.std())
    if not len(answered) or not 0 < spread < np.inf:
        return None
    middle = float(np.median(answered))
    is_true, is_predicted = (np.abs(values - middle) <= WIDTH * spread for values in (truth, answers))
    return _judge(clipped(float(f"{middle:.4g}")), is_true, is_predicted)


def _judge(answer: str | float, is_true: npt.NDArray[np.bool_], is_predicted: npt.NDArray[np.bool_]) -> Collapse | None:
    share, wanted = float(is_predicted.mean()), float(is_true.mean())
    return Collapse(answer=answer, share=share) if 1 - share < LEAST_VARIETY * (1 - wanted) else None
