"""JSON lines: one object a line, with exactly the columns that belong there and the right types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract import json_lines
from training_worker.contract.json_lines import LineInvalid, read_line, split_lines
from training_worker.contract.tasks import Column

from .problems import Problems
from .values import as_name, value_problem

MAX_LINE = 256 * 1024
MAX_ROWS = 500_000
INDEX = re.compile(r"__index_level_\d+__")
"""A column that pandas adds to what it writes: the numbers of the rows."""


@dataclass(frozen=True)
class RowFile:
    """What a file's rows must look like. `is_secret`: no value and no unknown name of it may be repeated in a message.

    `names` are the columns whose texts are names, not words to learn from: a whole number there is taken as its digits.
    `elsewhere` are columns that people put here by mistake, with what to tell them. `is_open`: other columns than
    these may be there, as far as is known.
    """

    name: str
    columns: Sequence[Column]
    names: frozenset[str] = frozenset()
    is_secret: bool = False
    elsewhere: dict[str, str] = field(default_factory=dict)
    is_open: bool = False


@dataclass(frozen=True)
class Row:
    """One line: the values that are in order. A row without an id is not kept, so that every row can be spoken of."""

    line: int
    values: dict[str, Any]

    @property
    def id(self) -> str:
        value: str = self.values["id"]
        return value


def read_rows(spec: RowFile, body: bytes, problems: Problems) -> list[Row]:
    """Every row that has an id, with its good values; all that is wrong with the others is in `problems`."""
    rows = []
    if not body.strip():
        problems.add(spec.name, 0, _("The file is empty."))
    for line, raw in _lines(spec, body, problems):
        values = parse_object(spec.name, line, raw, problems)
        if values is not None:
            good = _good_values(spec, line, values, problems)
            if "id" in good:
                rows.append(Row(line, good))
    return rows


def _lines(spec: RowFile, body: bytes, problems: Problems) -> Iterator[tuple[int, bytes]]:
    for line, raw in enumerate(split_lines(body.rstrip()), start=1):
        if line > MAX_ROWS:
            problems.add(spec.name, line, _("There are more than %(limit)d lines.") % {"limit": MAX_ROWS})
            return
        if not raw.strip():
            problems.add(spec.name, line, _("This line is empty: remove it."))
        elif len(raw) > MAX_LINE:
            problems.add(spec.name, line, _("This line is longer than %(limit)d KiB.") % {"limit": MAX_LINE // 1024})
        else:
            yield line, raw


def parse_object(file: str, line: int, raw: bytes, problems: Problems) -> dict[str, Any] | None:
    """The object that a line is; None, and a problem, where it is none."""
    try:
        values = read_line(raw)
    except LineInvalid as invalid:
        problems.add(file, line, _fault(invalid))
        return None
    if not isinstance(values, dict):
        problems.add(file, line, _("This line is not a JSON object: each row is one, on a line of its own."))
        return None
    return values


def _fault(invalid: LineInvalid) -> str:
    if invalid.kind == json_lines.BAD_CHARACTER:
        message = _("This line has a control character or half a character, %(char)s: take it out.")
        return message % {"char": invalid.character}
    return {
        json_lines.NOT_UTF8: _("This line is not valid UTF-8 text: save the file as UTF-8."),
        json_lines.NOT_JSON: _("This line is not valid JSON."),
        json_lines.DOUBLED_KEY: _("A key is in this line twice."),
    }[invalid.kind]


def _good_values(spec: RowFile, line: int, values: dict[str, Any], problems: Problems) -> dict[str, Any]:
    known = {column.name: column for column in spec.columns}
    values = {name: as_name(value) if name in spec.names else value for name, value in values.items()}
    values = {name: value for name, value in values.items() if value is not None and not INDEX.fullmatch(name)}
    for name in values.keys() - known.keys() if not spec.is_open else spec.elsewhere.keys() & values.keys():
        problems.add(spec.name, line, _stray(spec, name))
    good = {}
    for name, column in known.items():
        if name not in values:
            if column.required:
                problems.add(spec.name, line, _("The column “%(name)s” is missing.") % {"name": name})
        elif message := value_problem(column, values[name]):
            problems.add(spec.name, line, message)
        else:
            good[name] = values[name]
    return good


def _stray(spec: RowFile, name: str) -> str:
    if name in spec.elsewhere:
        return spec.elsewhere[name]
    known = ", ".join(column.name for column in spec.columns)
    if spec.is_secret:
        return _("There is a column that does not belong here. Known: %(known)s.") % {"known": known}
    return _("The column “%(name)s” does not belong here. Known: %(known)s.") % {"name": name[:100], "known": known}
