"""Average precision of boxes, COCO's: equal to pycocotools' `COCOeval.accumulate` (tested), and weighted.

Of one class and threshold: precision, made to fall with recall, at the recalls 0, 0.01 … 1, on average. A weight says
how often an image is in a resampled test set; boxes of an image that is in it twice lie next to each other, so that
whole numbers as weights give exactly what COCO would say of the copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..contract.tasks.pictures import MOST_BOXES
from .base import FloatArray, IntArray
from .box_matching import THRESHOLDS, Answer, Objects, match

RECALLS: FloatArray = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, repr=False, eq=False)
class Ranking:
    """All boxes of one class over n images, surest first: `images` (D,), `scores` (D,), `hits` (10, D), and how many
    objects of the class each image has, `objects` (n,)."""

    images: IntArray
    scores: FloatArray
    hits: npt.NDArray[np.bool_]
    objects: FloatArray


def rankings(truth: Sequence[Objects], answers: Sequence[Answer], classes: int) -> list[Ranking]:
    """One for each class. An image without an answer counts as if it had as many wrong boxes of every class as a line
    may have, surer than any other."""
    silent = np.array([number for number, answer in enumerate(answers) if answer is None], dtype=np.intp)
    found = [(number, match(*pair)) for number, pair in enumerate(zip(truth, answers, strict=True)) if pair[1]]
    images = np.concatenate([np.zeros(0, np.intp), *(np.full(len(one.labels), number) for number, one in found)])
    labels = np.concatenate([np.zeros(0, np.intp), *(one.labels for _, one in found)])
    scores = np.concatenate([np.zeros(0), *(one.scores for _, one in found)])
    hits = np.concatenate([np.zeros((len(THRESHOLDS), 0), np.bool_), *(one.hits for _, one in found)], axis=1)
    objects = object_counts(truth, classes)
    made = []
    for label in range(classes):
        own = np.flatnonzero(labels == label)
        own = own[np.argsort(-scores[own], kind="mergesort")]
        wrong = np.repeat(silent, MOST_BOXES)
        made.append(
            Ranking(
                images=np.concatenate([wrong, images[own]]),
                scores=np.concatenate([np.full(len(wrong), np.inf), scores[own]]),
                hits=np.concatenate([np.zeros((len(THRESHOLDS), len(wrong)), np.bool_), hits[:, own]], axis=1),
                objects=objects[:, label],
            )
        )
    return made


def object_counts(truth: Sequence[Objects], classes: int) -> FloatArray:
    """(n, k) objects of each class in each image."""
    counts = np.zeros((len(truth), classes))
    for row, objects in zip(counts, truth, strict=True):
        for one in objects:
            row[one.label] += 1
    return counts


def average_precision(ranking: Ranking, weights: FloatArray, thresholds: Sequence[int]) -> FloatArray:
    """(d, t) of d rows of weights of images (d, n) and the thresholds of these numbers; NaN where no object is left."""
    total = weights @ ranking.objects
    own = weights[:, ranking.images]
    everything = np.cumsum(own, axis=1) + np.spacing(1)
    values = np.zeros((len(weights), len(thresholds)))
    for column, threshold in enumerate(thresholds):
        hits = np.cumsum(own * ranking.hits[threshold], axis=1)
        precision = np.maximum.accumulate((hits / everything)[:, ::-1], axis=1)[:, ::-1]
        padded = np.concatenate([precision, np.zeros((len(weights), 1))], axis=1)
        for row, (found, of) in enumerate(zip(hits, total.tolist(), strict=True)):
            if of:
                values[row, column] = padded[row, np.searchsorted(found / of, RECALLS, side="left")].mean()
    values[total == 0] = np.nan
    return values


def mean_average_precision(made: Sequence[Ranking], weights: FloatArray, thresholds: Sequence[int]) -> FloatArray:
    """(d,) over thresholds and the classes that have an object; 0 where none has."""
    by_class = np.stack([average_precision(one, weights, thresholds).mean(axis=1) for one in made], axis=1)
    is_there = ~np.isnan(by_class)
    sums = np.where(is_there, by_class, 0.0).sum(axis=1)
    values: FloatArray = sums / np.maximum(1, is_there.sum(axis=1))
    return values
