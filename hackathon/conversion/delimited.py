"""CSV and TSV: a header line, then a record a line; a cell in quotation marks may hold line breaks (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from hackathon.bundles.problems import Problems

from .table import Record, Table, Tables
from .text_file import read_text

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
"""By the name that they have on the command line."""
USUAL = {".csv": "comma", ".tsv": "tab"}
LONGEST_CELL = 2**20


def read_delimited(path: Path, problems: Problems, delimiter: str = "") -> Tables:
    """`delimiter` is a key of `DELIMITERS`; "" the usual one of the file's ending. An empty cell is no value."""
    text = read_text(path, problems)
    if text is None:
        return {}
    used = delimiter or USUAL[path.suffix.lower()]
    rows = list(_rows(path, text, DELIMITERS[used], problems))
    if not rows:
        problems.add(path.name, 0, _("The file is empty."))
        return {}
    (_line, header), body = rows[0], rows[1:]
    if message := _header_problem(header, used):
        problems.add(path.name, 1, message)
        return {}
    return {"": Table(tuple(header), list(_records(path, header, body, problems)), path.parent)}


def _rows(path: Path, text: str, delimiter: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """(its first line, its cells) of each row that is not empty."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = _("The quotation marks or the length of this row are wrong (%(why)s); nothing below was read.")
            problems.add(path.name, line, message % {"why": error})
            return
        if row:
            yield line, row
        line = reader.line_num + 1


def _header_problem(header: list[str], used: str) -> str:
    if len(header) == 1:
        for name, sign in DELIMITERS.items():
            if sign in header[0]:
                message = _(
                    "The first line has one column only: is the delimiter another one? Try --delimiter %(name)s."
                )
                return message % {"name": name}
    if doubled := [name for name, count in Counter(header).items() if count > 1]:
        return _("The column “%(name)s” is there twice.") % {"name": doubled[0][:100]}
    return ""


def _records(path: Path, header: list[str], rows: list[tuple[int, list[str]]], problems: Problems) -> Iterator[Record]:
    for line, cells in rows:
        if len(cells) != len(header):
            message = _("This row has %(cells)d cells, the first line names %(columns)d columns.")
            problems.add(path.name, line, message % {"cells": len(cells), "columns": len(header)})
            continue
        yield Record(path.name, line, {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""})
