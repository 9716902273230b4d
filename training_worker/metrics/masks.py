"""`mask`: a class for each pixel of an image (semantic segmentation). numpy alone.

Truth is a list of n `Mask`s; answers are n `Mask`s, or None for "no answer". An answer of another size than the truth
is scaled to it, each pixel the nearest one. An item without an answer counts as if every pixel had been given every
wrong class. All metrics are ratios of pixels summed over items.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from ..contract.tasks.pictures import MOST_RUNS
from .base import Estimate, FloatArray, IntArray
from .confusion import ratio
from .examples import Validated
from .mask_report import mask_examples, mask_report
from .prediction_lines import read_lines
from .runs import Mask, read_mask
from .standard_error import LARGEST_SE, bootstrap_sums, count_units

Answer = Mask | None


class MaskOutput:
    """`mean_iou` is the mean of scikit-learn's Jaccard scores of the classes that truth or answers have,
    `pixel_accuracy` the share of pixels with the right class."""

    metrics: tuple[str, ...] = ("mean_iou", "pixel_accuracy")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> list[Mask]:
        numbers = {label: number for number, label in enumerate(labels)}
        masks = [read_mask(value, numbers) for value in values]
        if bad := sum(isinstance(mask, str) for mask in masks):
            raise ValueError(f"{bad} values are no masks with labels of the data")
        return [mask for mask in masks if isinstance(mask, Mask)]

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: list[Mask], labels: Sequence[str]
    ) -> list[Answer]:
        answers: list[Answer] = [None for _ in ids]
        numbers = {label: number for number, label in enumerate(labels)}

        def store(position: int | None, value: JSON) -> str:
            if value is None:
                return ""
            mask = read_mask(value, numbers)
            if isinstance(mask, str):
                return mask
            if len(mask.counts) > MOST_RUNS:
                return f"more than {MOST_RUNS} runs"
            if position is None:
                return ""
            if mask.height > truth[position].height or mask.width > truth[position].width:
                return "larger than the image"
            answers[position] = mask
            return ""

        read_lines(lines, ids, "mask", store)
        return answers

    def lines(self, ids: Sequence[str], answers: Sequence[Answer], labels: Sequence[str]) -> list[str]:
        """Of half the size as often as it takes to have at most `MOST_RUNS` runs."""
        masks = [None if answer is None else answer.reduced(MOST_RUNS).written(labels) for answer in answers]
        pairs = zip(ids, masks, strict=True)
        return [json.dumps({"id": item, "mask": mask}, ensure_ascii=False) for item, mask in pairs]

    def dummy(self, truth: list[Mask], labels: Sequence[str]) -> list[Answer]:
        """The most frequent class for every pixel, ties to the first of the labels."""
        counts = sum((np.bincount(one.classes, one.counts, len(labels)) for one in truth), np.zeros(len(labels)))
        most = np.array([counts.argmax()])
        return [Mask(one.height, one.width, np.array([one.height * one.width]), most) for one in truth]

    def take(self, items: list[Any], indices: IntArray) -> list[Any]:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: list[Mask], answers: Sequence[Answer], labels: Sequence[str]) -> float:
        return float(_metric(metric, item_areas(truth, answers, len(labels)).sum(axis=0)))

    def estimate(
        self,
        metric: str,
        truth: list[Mask],
        answers: Sequence[Answer],
        labels: Sequence[str],
        groups: IntArray | None = None,
    ) -> Estimate:
        """Standard error by bootstrap over images."""
        areas = item_areas(truth, answers, len(labels))
        value = float(_metric(metric, areas.sum(axis=0)))
        if count_units(len(truth), groups) < 2:
            return Estimate(value, LARGEST_SE)
        sums = bootstrap_sums(areas.reshape(len(truth), -1), groups)
        return Estimate(value, float(_metric(metric, sums.reshape(-1, *areas.shape[1:])).std(ddof=1)))

    def per_class(self, truth: list[Mask], answers: Sequence[Answer], labels: Sequence[str]) -> dict[str, float]:
        """Intersection over union of the labels that truth or answers have."""
        areas = item_areas(truth, answers, len(labels)).sum(axis=0)
        pairs = zip(labels, iou(areas).tolist(), union(areas).tolist(), strict=True)
        return {label: value for label, value, pixels in pairs if pixels}

    def items(self, truth: list[Mask], answers: Sequence[Answer], labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`areas` (n, 3, k), see `item_areas`."""
        return {"areas": item_areas(truth, answers, len(labels)).astype(np.int64)}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[Mask],
        answers: Sequence[Answer],
        base: Sequence[Answer] | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return mask_report(validated, validated.metric_rows(self, metrics), item_areas)

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[Mask],
        answers: Sequence[Answer],
        base: Sequence[Answer] | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return mask_examples(Validated(rows, inputs, truth, answers, base, labels), item_areas)


def item_areas(truth: Sequence[Mask], answers: Sequence[Answer], classes: int) -> FloatArray:
    """(n, 3, k) pixels of each image by class: those that are rightly of it, wrongly, and wrongly not."""
    return np.array([_areas(*pair, classes) for pair in zip(truth, answers, strict=True)], dtype=np.float64)


@lru_cache(maxsize=2**15)
def _areas(truth: Mask, answer: Answer, classes: int) -> FloatArray:
    """(3, k). Kept, as every metric asks for it again."""
    wanted = np.bincount(truth.classes, truth.counts, classes)
    if answer is None:
        return np.stack([np.zeros(classes), truth.height * truth.width - wanted, wanted])
    right, given = truth.pixels, answer.resized(truth.height, truth.width)
    hits = np.bincount(right[right == given], minlength=classes)
    return np.stack([hits, np.bincount(given.ravel(), minlength=classes) - hits, wanted - hits])


def union(areas: FloatArray) -> FloatArray:
    """Areas (…, 3, k) → (…, k)."""
    pixels: FloatArray = areas.sum(axis=-2)
    return pixels


def iou(areas: FloatArray) -> FloatArray:
    """Areas (…, 3, k) → (…, k) intersection over union, 0 where that is 0/0."""
    return ratio(areas[..., 0, :], union(areas))


def _metric(name: str, areas: FloatArray) -> FloatArray:
    """Areas summed over items (…, 3, k) → (…) values of the metric."""
    match name:
        case "mean_iou":
            return ratio(iou(areas).sum(axis=-1), (union(areas) > 0).sum(axis=-1).astype(np.float64))
        case "pixel_accuracy":
            return ratio(areas[..., 0, :].sum(axis=-1), (areas[..., 0, :] + areas[..., 2, :]).sum(axis=-1))
    raise KeyError(name)
