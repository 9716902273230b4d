"""Parts that every validation report has: rows of metrics, and examples with their inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.bounds import clipped
from ..contract.report import (
    LONGEST_TEXT,
    MOST_EXAMPLES,
    Example,
    ExampleGroup,
    ExampleKind,
    KeptExample,
    MetricRow,
)
from .base import FloatArray, IntArray, Output

T = TypeVar("T")
A = TypeVar("A")


@dataclass(frozen=True, repr=False, eq=False)
class Validated(Generic[T, A]):
    """Validation items with a run's answers and, where they are known, the untrained model's.

    `rows` are the items with `id` and the columns `inputs`.
    """

    rows: Sequence[dict[str, JSON]]
    inputs: Sequence[str]
    truth: T
    answers: A
    base: A | None
    labels: Sequence[str]

    def metric_rows(self, output: Output, metrics: Sequence[str]) -> tuple[MetricRow, ...]:
        """Each metric with its standard error over items."""
        rows = []
        for name in metrics:
            estimate = output.estimate(name, self.truth, self.answers, self.labels)
            base = None if self.base is None else clipped(output.value(name, self.truth, self.base, self.labels))
            rows.append(MetricRow(name=name, value=clipped(estimate.value), se=clipped(estimate.se), base=base))
        return tuple(rows)

    def id_and_inputs(self, n: int) -> dict[str, Any]:
        """What every example says of its item: the columns that the item has, cut."""
        row = self.rows[n]
        return {
            "id": str(row["id"]),
            "inputs": {name: cut(row[name]) for name in self.inputs if row.get(name) not in (None, "")},
        }


def where(is_of_kind: npt.NDArray[np.bool_], order: npt.NDArray[Any]) -> IntArray:
    """Positions of the items of one kind, those with the smallest `order` (n,) first, ties by position."""
    positions = np.flatnonzero(is_of_kind)
    return positions[np.argsort(order[positions], kind="stable")]


Kinds = dict[ExampleKind, IntArray]
"""Positions of the items of each kind, the most telling first. Every item is of one of the first kinds, which begin
with the errors."""


def kinds_by_error(errors: FloatArray, base_errors: FloatArray | None) -> Kinds:
    """The half of the items with the larger `errors` (n,), as far as they have any, the others, and where base has
    larger or smaller ones."""
    everything = np.ones(len(errors), dtype=np.bool_)
    is_small = np.isin(np.arange(len(errors)), where(everything, errors)[: len(errors) // 2]) | (errors == 0)
    kinds = {
        ExampleKind.LARGEST_ERROR: where(~is_small, -errors),
        ExampleKind.SMALLEST_ERROR: where(is_small, errors),
    }
    if base_errors is not None:
        gain = base_errors - errors
        kinds[ExampleKind.IMPROVED] = where(gain > 0, -gain)
        kinds[ExampleKind.REGRESSED] = where(gain < 0, gain)
    return kinds


def example_groups(kinds: Kinds, make: Callable[[int], Example]) -> tuple[ExampleGroup, ...]:
    return tuple(example_group(kind, positions, make) for kind, positions in kinds.items())


def kept_examples(kinds: Kinds, make: Callable[[int], Example]) -> Iterator[KeptExample]:
    """Every item once, in the order of the kinds."""
    of_item: dict[int, list[ExampleKind]] = {}
    for kind, positions in kinds.items():
        for position in positions.tolist():
            of_item.setdefault(position, []).append(kind)
    for position, its_kinds in of_item.items():
        yield KeptExample(**dict(make(position)), kinds=tuple(its_kinds))


def example_group(kind: ExampleKind, positions: IntArray, make: Callable[[int], Example]) -> ExampleGroup:
    """The first few of `positions`: all items of that kind, the most telling one first."""
    examples = tuple(make(int(position)) for position in positions[:MOST_EXAMPLES])
    return ExampleGroup(kind=kind, count=len(positions), examples=examples)


def cut(value: JSON) -> JSON:
    """The first `LONGEST_TEXT` characters of a text or items of a list, also inside of an object; else as it is."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, list):
        return [cut(item) for item in value[:LONGEST_TEXT]]
    if isinstance(value, dict):
        return {name: cut(item) for name, item in value.items()}
    return value
