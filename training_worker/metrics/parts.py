"""A metric over parts of the validation items: by the length of their inputs, and by the slices of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..contract.bounds import clipped
from ..contract.report import MOST_SLICES, PartRow
from ..contract.tasks.spec import ColumnKind, TaskSpec
from .base import IntArray, Output
from .examples import Validated

TEXTS: frozenset[ColumnKind] = frozenset({"string", "masked", "strings"})
QUARTERS = 4
LONGEST_NAME = 200
LEAST = 20
"""With fewer items there are no quarters."""


def part_rows(output: Output, spec: TaskSpec, items: Validated[Any, Any]) -> tuple[PartRow, ...]:
    """The task's first metric over quarters of the items by characters of their texts, and over the most frequent
    slices."""
    found = [*_by_length(spec, items), *_by_slice(items)]
    return tuple(_row(output, spec.metrics[0], items, indices, name) for name, indices in found)


def _by_length(spec: TaskSpec, items: Validated[Any, Any]) -> Iterator[tuple[dict[str, Any], IntArray]]:
    columns = [column.name for column in spec.inputs if column.kind in TEXTS]
    if not columns or len(items.rows) < LEAST:
        return
    lengths = np.array([sum(_characters(row.get(name)) for name in columns) for row in items.rows])
    bounds = np.unique(np.quantile(lengths, np.arange(1, QUARTERS) / QUARTERS, method="lower"))
    quarter = np.searchsorted(bounds, lengths)
    for name in np.unique(quarter) if lengths.min() < lengths.max() else ():
        indices = np.flatnonzero(quarter == name)
        yield {"low": int(lengths[indices].min()), "high": int(lengths[indices].max())}, indices


def _characters(value: Any) -> int:
    """Of a text, or of a list of words with a space between them."""
    return len(" ".join(value) if isinstance(value, list) else value or "")


def _by_slice(items: Validated[Any, Any]) -> Iterator[tuple[dict[str, Any], IntArray]]:
    names = [str(row.get("slice") or "")[:LONGEST_NAME] for row in items.rows]
    of_item = np.array(names)
    for name, _count in Counter(filter(None, names)).most_common(MOST_SLICES):
        yield {"slice": name}, np.flatnonzero(of_item == name)


def _row(output: Output, metric: str, items: Validated[Any, Any], indices: IntArray, name: dict[str, Any]) -> PartRow:
    truth, answers = output.take(items.truth, indices), output.take(items.answers, indices)
    estimate = output.estimate(metric, truth, answers, items.labels)
    base = None if items.base is None else output.take(items.base, indices)
    return PartRow(
        **name,
        items=len(indices),
        value=clipped(estimate.value),
        se=clipped(estimate.se),
        base=None if base is None else clipped(output.value(metric, truth, base, items.labels)),
    )
