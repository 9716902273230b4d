"""What is counted of the train and the validation examples of a data version, once, at import. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hackathon.answers import answers_of
from hackathon.presentation.values import value_text
from training_worker.contract.base import ContractModel
from training_worker.contract.records import record_text
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import ColumnKind

TOKENS_PER_WORD = 1.3
SPECIAL_TOKENS = 2
BYTES_PER_TOKEN = 4
TEXT_KINDS: frozenset[ColumnKind] = frozenset({"string", "masked", "name", "strings", "messages", "record"})
BINS = 20
LONG_TAIL = 0.99
"""Up to this quantile the bins of a histogram are of equal width; the last one takes what is beyond."""

Rows = Sequence[Mapping[str, Any]]


class Distribution(ContractModel):
    """Of a number of each example. `counts[i]` examples lie from `edges[i]` up to, not including, `edges[i + 1]`; the
    last bin takes all from its edge on. The edges of the splits of a data version are the same."""

    minimum: float
    median: float
    p95: float
    maximum: float
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class SplitFacts(ContractModel):
    """`labels` counts the examples of each label, in the order of the data; of a task whose answers are tags, the
    entities of each type. {} where the task has no labels."""

    examples: int
    labels: dict[str, int] = {}
    lengths: Distribution | None = None
    """Tokens of the inputs, estimated; None where an input is no text."""
    seconds: Distribution | None = None
    """How long sounds last; None where an input is none."""
    values: Distribution | None = None
    """True values; None where answers are no numbers."""


class DataFacts(ContractModel):
    train: SplitFacts
    validation: SplitFacts


def data_facts(
    task: TaskSpec,
    labels: Sequence[str],
    *,
    train: Rows,
    validation: Rows,
    seconds: Mapping[str, float] = MappingProxyType({}),
) -> DataFacts:
    """`labels` are those of the data, in order; `seconds` are those of sound files, by name."""
    splits = (train, validation)
    texts = [column.name for column in task.inputs if column.kind in TEXT_KINDS]
    lengths = (
        _distributions([[_length(row, texts) for row in rows] for rows in splits], least=1.0) if texts else (None, None)
    )
    values = _distributions([_numbers(task, rows) for rows in splits])
    lasting = _distributions([_lasting(task, rows, seconds) for rows in splits])
    counted = [
        SplitFacts(
            examples=len(rows), labels=_label_counts(task, labels, rows), lengths=length, values=value, seconds=lasts
        )
        for rows, length, value, lasts in zip(splits, lengths, values, lasting, strict=True)
    ]
    return DataFacts(train=counted[0], validation=counted[1])


def _numbers(task: TaskSpec, rows: Rows) -> list[float]:
    """True values; [] where answers are no numbers."""
    found = (answers_of(task.output).number_of(row[task.target.name]) for row in rows)
    return [number for number in found if number is not None]


def _lasting(task: TaskSpec, rows: Rows, seconds: Mapping[str, float]) -> list[float]:
    """Seconds of each sound; [] where there is none."""
    names = (row[column.name] for row in rows for column in task.file_columns if column.kind == "audio")
    return [seconds[name] for name in names if name in seconds]


def _label_counts(task: TaskSpec, labels: Sequence[str], rows: Rows) -> dict[str, int]:
    kind = answers_of(task.output)
    counts = Counter(label for row in rows for label in kind.labels_of(row[task.target.name]))
    return {name: counts[name] for name in kind.label_names(labels)}


def _length(row: Mapping[str, Any], columns: Iterable[str]) -> int:
    return round(tokens_of([row[name] for name in columns if name in row]))


def tokens_of(values: Iterable[Any]) -> float:
    """Tokens of one input, estimated without a tokenizer: 1.3 a word, or a quarter of its UTF-8 bytes where that is
    more (Chinese has no spaces), plus the two special ones."""
    text = " ".join(map(input_text, values))
    return max(len(text.split()) * TOKENS_PER_WORD, len(text.encode()) / BYTES_PER_TOKEN) + SPECIAL_TOKENS


def input_text(value: Any) -> str:
    """An input that is text, a list of texts, a conversation or a row of a table, as people read it."""
    return record_text(value) if isinstance(value, dict) else value_text(value)


def _distributions(splits: Sequence[Sequence[float]], *, least: float = 0.0) -> tuple[Distribution | None, ...]:
    """Of each of `splits`, over the same edges, at least `least` apart; None for one that is empty."""
    edges = _edges(sorted(value for values in splits for value in values), least)
    return tuple(_distribution(sorted(values), edges) if values else None for values in splits)


def _distribution(ordered: Sequence[float], edges: tuple[float, ...]) -> Distribution:
    counts = Counter(bisect_right(edges, value) - 1 for value in ordered)
    return Distribution(
        minimum=ordered[0],
        median=_quantile(ordered, 0.5),
        p95=_quantile(ordered, 0.95),
        maximum=ordered[-1],
        edges=edges,
        counts=tuple(counts[number] for number in range(len(edges))),
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _edges(ordered: Sequence[float], least: float) -> tuple[float, ...]:
    """Lower ends of at most `BINS` + 1 bins, whose width is 1, 2 or 5 times a power of ten."""
    if not ordered:
        return ()
    low, high = ordered[0], _quantile(ordered, LONG_TAIL)
    width = max(least, _round_width((high - low) / BINS))
    first = math.floor(low / width)
    return tuple(float(f"{number * width:.12g}") for number in range(first, math.floor(high / width) + 1))


def _round_width(width: float) -> float:
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))
