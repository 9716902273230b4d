"""Which predicted boxes of an image hit an object, as COCO decides it.

For each class and each threshold of intersection over union, boxes take their turn by score, and each takes the free
object that it overlaps most, if by the threshold at least. Overlaps are pycocotools'; the rule is that of its
`COCOeval.evaluateImg` (tested), for all thresholds at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from .base import FloatArray, IntArray

THRESHOLDS: FloatArray = np.linspace(0.5, 0.95, 10)
"""Of intersection over union: 0.50, 0.55 … 0.95."""


class Object(NamedTuple):
    """A true box in pixels; `label` is the number of its class."""

    label: int
    x: float
    y: float
    width: float
    height: float


class Found(NamedTuple):
    """A predicted box."""

    label: int
    score: float
    x: float
    y: float
    width: float
    height: float


Objects = tuple[Object, ...]
Answer = tuple[Found, ...] | None
"""What was found in one image; None is "no answer"."""


@dataclass(frozen=True, repr=False, eq=False)
class Matches:
    """The D boxes of one answer, class by class and surest first: `labels` and `scores` (D,), `hits` (10, D) says by
    threshold whether a box hits."""

    labels: IntArray
    scores: FloatArray
    hits: npt.NDArray[np.bool_]


@lru_cache(maxsize=2**15)
def match(objects: Objects, answer: tuple[Found, ...]) -> Matches:
    """Kept, as every metric asks for it again."""
    parts = [
        _match_class([one for one in objects if one.label == label], [one for one in answer if one.label == label])
        for label in sorted({one.label for one in answer})
    ]
    if not parts:
        return Matches(np.zeros(0, np.intp), np.zeros(0), np.zeros((len(THRESHOLDS), 0), np.bool_))
    return Matches(
        labels=np.concatenate([part.labels for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        hits=np.concatenate([part.hits for part in parts], axis=1),
    )


def _match_class(objects: list[Object], answer: list[Found]) -> Matches:
    answer = sorted(answer, key=lambda one: -one.score)
    hits = np.zeros((len(THRESHOLDS), len(answer)), np.bool_)
    if objects:
        boxes = np.array([one[2:] for one in answer], dtype=np.float64)
        overlaps = coco.iou(boxes, np.array([one[1:] for one in objects], dtype=np.float64), [0] * len(objects))
        _take_turns(np.asarray(overlaps), hits)
    labels = np.array([one.label for one in answer], dtype=np.intp)
    return Matches(labels, np.array([one.score for one in answer]), hits)


def _take_turns(overlaps: FloatArray, hits: npt.NDArray[np.bool_]) -> None:
    """Fill `hits` (10, D) from overlaps (D, G); of two objects that a box overlaps alike it takes the last."""
    least = np.minimum(THRESHOLDS, 1 - 1e-10)
    rows, last = np.arange(len(least)), overlaps.shape[1] - 1
    is_free = np.ones((len(least), last + 1), np.bool_)
    for number, overlap in enumerate(overlaps):
        left = np.where(is_free, overlap, -1.0)
        best = last - left[:, ::-1].argmax(axis=1)
        is_hit = left[rows, best] >= least
        hits[is_hit, number] = True
        is_free[rows[is_hit], best[is_hit]] = False
