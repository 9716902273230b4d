"""What every reader makes of a file: records with their places, whatever the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hackathon.bundles.problems import Problems


@dataclass(frozen=True)
class Record:
    """One example. `line` counts from 1: of a text file, or the rows of one without lines."""

    file: str
    line: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """The records of one split. `columns` are their names in order, `class_names` those of columns that hold their
    indices, `folder` is where names of files are looked up, `notes` are for the organizer to read."""

    columns: tuple[str, ...]
    records: list[Record]
    folder: Path
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    license: str = ""
    notes: tuple[str, ...] = ()


Tables = dict[str, Table]
"""By split: train, validation, test; "" for one that is still to be split."""
Reader = Callable[[Path, Problems], Tables]


def columns_of(records: list[Record]) -> tuple[str, ...]:
    """Every name that a record has, in the order of their appearance."""
    return tuple(dict.fromkeys(name for record in records for name in record.values))
