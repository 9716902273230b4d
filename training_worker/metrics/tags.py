"""`tags`: a tag for each word, names of entities in the IOB2 scheme, read strictly by seqeval.

Truth and answers are lists of n lists of tags, one for each word; [] is "no answer". An entity is right where its type
and both ends are. An item without an answer counts as if each word had been tagged as an entity of a type that
there is not: every entity is missed, every word is a wrong entity. All metrics are ratios of counts summed over items.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .confusion import f1_of_counts, precision_of_counts, ratio, recall_of_counts
from .entities import Tags, entity_types, item_counts, type_counts
from .examples import Validated
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .standard_error import LARGEST_SE, bootstrap_sums, count_units
from .tag_report import tag_examples, tag_report

IOB2 = re.compile(r"O|[BI]-.+", re.DOTALL)


class TagsOutput:
    """`entity_precision`, `entity_recall` and `entity_f1` are seqeval's micro averages in strict mode, `token_accuracy`
    its accuracy: the share of words with the right tag. Each is 0 where it is 0/0."""

    metrics: tuple[str, ...] = ("entity_f1", "entity_precision", "entity_recall", "token_accuracy")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> Tags:
        """Raises ValueError, too, where the labels are not of the IOB2 scheme."""
        if not all(IOB2.fullmatch(label) for label in labels):
            raise ValueError("the labels are not of the IOB2 scheme")
        known = set(labels)
        unknown = sum(not _are_tags(value, known) for value in values)
        if unknown:
            raise ValueError(f"{unknown} lists hold something else than tags of the data")
        return [list(value) for value in values]

    def read_answers(self, lines: Iterable[bytes], ids: Sequence[str], truth: Tags, labels: Sequence[str]) -> Tags:
        answers: Tags = [[] for _ in ids]
        known = set(labels)

        def store(position: int | None, tags: JSON) -> str:
            if not isinstance(tags, list):
                return NOT_A_PREDICTION
            if not _are_tags(tags, known):
                return "unknown tags"
            if position is None:
                return ""
            if tags and len(tags) != len(truth[position]):
                return "wrong length"
            answers[position] = tags
            return ""

        read_lines(lines, ids, "tags", store)
        return answers

    def lines(self, ids: Sequence[str], answers: Tags, labels: Sequence[str]) -> list[str]:
        return [
            json.dumps({"id": item, "tags": tags}, ensure_ascii=False) for item, tags in zip(ids, answers, strict=True)
        ]

    def dummy(self, truth: Tags, labels: Sequence[str]) -> Tags:
        """The most frequent tag for every word, ties to the first of the labels."""
        counts = Counter(tag for tags in truth for tag in tags)
        most = max(labels, key=counts.__getitem__)
        return [[most] * len(tags) for tags in truth]

    def take(self, items: Tags, indices: IntArray) -> Tags:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: Tags, answers: Tags, labels: Sequence[str]) -> float:
        return float(_metric(metric, item_counts(truth, answers).sum(axis=0)))

    def estimate(
        self, metric: str, truth: Tags, answers: Tags, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error by bootstrap over items."""
        counts = item_counts(truth, answers)
        value = float(_metric(metric, counts.sum(axis=0)))
        if count_units(len(truth), groups) < 2:
            return Estimate(value, LARGEST_SE)
        return Estimate(value, float(_metric(metric, bootstrap_sums(counts, groups)).std(ddof=1)))

    def per_class(self, truth: Tags, answers: Tags, labels: Sequence[str]) -> dict[str, float]:
        """By type of entity."""
        types = entity_types(labels)
        scores = f1_of_counts(type_counts(truth, answers, types)).tolist()
        return dict(zip(types, scores, strict=True))

    def items(self, truth: Tags, answers: Tags, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`counts` (n, 5), see `entities.item_counts`."""
        return {"counts": item_counts(truth, answers).astype(np.int32)}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Tags,
        answers: Tags,
        base: Tags | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return tag_report(validated, validated.metric_rows(self, metrics))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Tags,
        answers: Tags,
        base: Tags | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return tag_examples(Validated(rows, inputs, truth, answers, base, labels))


def _metric(name: str, counts: FloatArray) -> FloatArray:
    """Counts summed over items (…, 5) → (…) values of the metric."""
    entities = counts[..., :3, None]
    match name:
        case "entity_f1":
            return f1_of_counts(entities)[..., 0]
        case "entity_precision":
            return precision_of_counts(entities)[..., 0]
        case "entity_recall":
            return recall_of_counts(entities)[..., 0]
        case "token_accuracy":
            return ratio(counts[..., 3], counts[..., 4])
    raise KeyError(name)


def _are_tags(value: JSON, known: set[str]) -> bool:
    return isinstance(value, list) and all(isinstance(tag, str) and tag in known for tag in value)
