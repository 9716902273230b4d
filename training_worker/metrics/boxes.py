"""`boxes`: boxes of the objects in an image with their labels, scored as COCO does.

Truth is a list of n tuples of `Object`; answers are n tuples of `Found`, or None for "no answer". Such an item counts
as if it were full of boxes that are surest of all and hit nothing. The standard error is that of 200 resampled test
sets: boxes are matched once, and a draw is a weighting of images.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from ..contract.tasks.pictures import MOST_BOXES
from .base import Estimate, IntArray
from .box_matching import THRESHOLDS, Answer, Found, Object, Objects, match
from .box_precision import average_precision, mean_average_precision, object_counts, rankings
from .box_report import box_examples, box_report
from .examples import Validated
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .standard_error import LARGEST_SE, bootstrap_weights, count_units

DRAWS = 200
LIMIT = 1e6
"""Pixels."""
COLUMNS = {"map": range(len(THRESHOLDS)), "map_50": (0,), "map_75": (5,)}
"""Numbers of the thresholds that a metric is the mean over."""


class BoxesOutput:
    """`map` is COCO's AP, `map_50` and `map_75` its AP50 and AP75, by pycocotools' rules."""

    metrics: tuple[str, ...] = tuple(COLUMNS)

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> list[Objects]:
        numbers = {label: number for number, label in enumerate(labels)}
        bad = sum(
            not isinstance(value, list) or any(_fault(one, numbers, "label bbox") for one in value) for value in values
        )
        if bad:
            raise ValueError(f"{bad} lists hold something else than boxes with labels of the data")
        return [tuple(Object(numbers[one["label"]], *map(float, one["bbox"])) for one in value) for value in values]

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: list[Objects], labels: Sequence[str]
    ) -> list[Answer]:
        answers: list[Answer] = [None for _ in ids]
        numbers = {label: number for number, label in enumerate(labels)}

        def store(position: int | None, boxes: JSON) -> str:
            if boxes is None:
                return ""
            if not isinstance(boxes, list):
                return NOT_A_PREDICTION
            if len(boxes) > MOST_BOXES:
                return f"more than {MOST_BOXES} boxes"
            for one in boxes:
                if fault := _fault(one, numbers, "label score bbox"):
                    return fault
            if position is not None:
                answers[position] = tuple(_found(one, numbers) for one in boxes)
            return ""

        read_lines(lines, ids, "boxes", store)
        return answers

    def lines(self, ids: Sequence[str], answers: Sequence[Answer], labels: Sequence[str]) -> list[str]:
        """Scores to 4 digits, pixels to 2."""
        return [
            json.dumps({"id": item, "boxes": written(answer, labels)}, ensure_ascii=False)
            for item, answer in zip(ids, answers, strict=True)
        ]

    def dummy(self, truth: list[Objects], labels: Sequence[str]) -> list[Answer]:
        """Nothing found: how often a label is there does not tell where."""
        return [() for _ in truth]

    def take(self, items: list[Any], indices: IntArray) -> list[Any]:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: list[Objects], answers: Sequence[Answer], labels: Sequence[str]) -> float:
        """0 where no image has an object."""
        columns = COLUMNS[metric]
        return float(
            mean_average_precision(rankings(truth, answers, len(labels)), np.ones((1, len(truth))), columns)[0]
        )

    def estimate(
        self,
        metric: str,
        truth: list[Objects],
        answers: Sequence[Answer],
        labels: Sequence[str],
        groups: IntArray | None = None,
    ) -> Estimate:
        """Standard error by bootstrap over images."""
        value = self.value(metric, truth, answers, labels)
        if count_units(len(truth), groups) < 2:
            return Estimate(value, LARGEST_SE)
        made = rankings(truth, answers, len(labels))
        weights = bootstrap_weights(len(truth), groups, DRAWS)
        draws = np.concatenate([mean_average_precision(made, part, COLUMNS[metric]) for part in weights])
        return Estimate(value, float(draws.std(ddof=1)))

    def per_class(self, truth: list[Objects], answers: Sequence[Answer], labels: Sequence[str]) -> dict[str, float]:
        """Average precision of the labels that have an object."""
        ones = np.ones((1, len(truth)))
        made = zip(labels, rankings(truth, answers, len(labels)), strict=True)
        values = {label: float(average_precision(one, ones, COLUMNS["map"]).mean()) for label, one in made}
        return {label: value for label, value in values.items() if isfinite(value)}

    def items(
        self, truth: list[Objects], answers: Sequence[Answer], labels: Sequence[str]
    ) -> dict[str, npt.NDArray[Any]]:
        """What the average precision of any of them is made from: of its boxes, the surest first, `classes` and
        `scores` (n, 100) and `hits` (n, 100, 10); `objects` (n, k); `is_answered` (n,)."""
        classes = np.full((len(truth), MOST_BOXES), -1, np.int16)
        scores = np.zeros((len(truth), MOST_BOXES), np.float32)
        hits = np.zeros((len(truth), MOST_BOXES, len(THRESHOLDS)), np.bool_)
        for number, (objects, answer) in enumerate(zip(truth, answers, strict=True)):
            found = match(objects, answer or ())
            count = len(found.labels)
            classes[number, :count], scores[number, :count] = found.labels, found.scores
            hits[number, :count] = found.hits.T
        return {
            "classes": classes,
            "scores": scores,
            "hits": hits,
            "objects": object_counts(truth, len(labels)).astype(np.int32),
            "is_answered": np.array([answer is not None for answer in answers], np.bool_),
        }

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[Objects],
        answers: Sequence[Answer],
        base: Sequence[Answer] | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return box_report(validated, validated.metric_rows(self, metrics))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[Objects],
        answers: Sequence[Answer],
        base: Sequence[Answer] | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return box_examples(Validated(rows, inputs, truth, answers, base, labels))


def written(answer: Answer, labels: Sequence[str]) -> list[dict[str, Any]] | None:
    """As JSON; None where a number of it is not finite."""
    if answer is None or not all(isfinite(value) for one in answer for value in one):
        return None
    return [
        {"label": labels[one.label], "score": round(one.score, 4), "bbox": [round(value, 2) for value in one[2:]]}
        for one in answer
    ]


def _found(one: Any, numbers: dict[str, int]) -> Found:
    return Found(numbers[one["label"]], float(one["score"]), *map(float, one["bbox"]))


def _fault(one: JSON, numbers: dict[str, int], keys: str) -> str:
    """What is wrong with a box that should have these keys."""
    if not isinstance(one, dict) or one.keys() != set(keys.split()):
        return "not boxes"
    bbox = one["bbox"]
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(_is_within(value, -LIMIT, LIMIT) for value in bbox):
        return "not boxes"
    if min(bbox[2:]) < 0:
        return "not boxes"
    if not isinstance(one["label"], str) or one["label"] not in numbers:
        return "unknown labels"
    return "" if _is_within(one.get("score", 0), 0, 1) else "scores outside of 0…1"


def _is_within(value: JSON, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
