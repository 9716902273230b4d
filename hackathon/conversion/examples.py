"""Records of any file as examples of a task, each with an id; a value that is none is a problem at its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems
from hackathon.bundles.values import value_problem
from training_worker.contract.tasks import Column, TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS

from .columns import bundle_columns, value_of
from .media import Media
from .splitting import Example
from .table import Record, Table
from .values import MISSING, as_kind

NAMES = ("id", "group", "slice")


class Converter:
    """`chosen` are their columns by ours. Examples with a problem are left out of what it returns."""

    def __init__(self, task: TaskSpec, chosen: Mapping[str, str], media: Media, seed: int, problems: Problems) -> None:
        self.task, self.chosen, self.media, self.seed, self.problems = task, chosen, media, seed, problems
        self.columns = [column for column in bundle_columns(task) if column.name in chosen]
        self.required = [column for column in (*task.inputs, task.target) if column.required]

    def convert(self, parts: Sequence[tuple[str, Table]]) -> list[Example]:
        """Of all parts, each with an id of its own."""
        found = [
            example
            for number, (split, table, record) in enumerate(_records(parts))
            if (example := self._example(number, split, table, record)) is not None
        ]
        return list(self._unique(_told_apart(found) if "id" in self.chosen else found))

    def _unique(self, examples: Iterable[Example]) -> Iterator[Example]:
        seen: dict[str, str] = {}
        for one in examples:
            if first := seen.get(one.id):
                message = _("The id “%(id)s” is used already: %(first)s.")
                self.problems.add(one.file, one.line, message % {"id": one.id, "first": first})
            else:
                seen[one.id] = f"{one.file}:{one.line}"
                yield one

    def _example(self, number: int, split: str, table: Table, record: Record) -> Example | None:
        values: dict[str, Any] = {}
        is_sound = True
        for column in self.columns:
            value, message = self._value(column, table, record)
            if not message and value is not None:
                message = value_problem(column, value)
            if message:
                self.problems.add(record.file, record.line, message)
                is_sound = False
            elif value is not None:
                values[column.name] = value
            elif column in self.required or column.name == "id":
                self.problems.add(record.file, record.line, _missing(self.chosen[column.name]))
                is_sound = False
        values.setdefault("id", self._new_id(number))
        return Example(record.file, record.line, split, values) if is_sound else None

    def _value(self, column: Column, table: Table, record: Record) -> tuple[Any, str]:
        theirs = self.chosen[column.name]
        raw, names = value_of(record, theirs), table.class_names.get(theirs, ())
        if column.kind in FILE_KINDS:
            return self.media.take(raw, table.folder) if raw is not None else (None, "")
        if names and raw == MISSING:
            return None, _("This example has no label (-1). --without test leaves a split without labels out.")
        is_name = column.name in NAMES or column is self.task.target
        return as_kind(column, raw, names, is_name=is_name), ""

    def _new_id(self, number: int) -> str:
        """Says nothing of the place in the source, whose order may."""
        return "r" + hashlib.sha256(f"{self.seed} {number}".encode()).hexdigest()[:16]


def _records(parts: Sequence[tuple[str, Table]]) -> Iterator[tuple[str, Table, Record]]:
    return ((split, table, record) for split, table in parts for record in table.records)


def _missing(theirs: str) -> str:
    return _("The column “%(name)s” has no value here.") % {"name": theirs[:100]}


def _told_apart(examples: list[Example]) -> list[Example]:
    """Ids that begin anew in every split get its name before them; others stay."""
    if not _is_doubled(example.id for example in examples) or _is_doubled((one.split, one.id) for one in examples):
        return examples
    return [
        replace(example, values=example.values | {"id": f"{example.split or 'rest'}-{example.id}"})
        for example in examples
    ]


def _is_doubled(keys: Iterator[Any]) -> bool:
    listed = list(keys)
    return len(set(listed)) < len(listed)
