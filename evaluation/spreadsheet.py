"""CSV for a spreadsheet that runs nothing: UTF-8 with a byte order mark, without which Excel guesses."""

from __future__ import annotations

import csv
import io
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence

_ENDS = frozenset("\t\r\n")
RISKY = frozenset("=+-@") | _ENDS
"""A spreadsheet may take a text that begins so for a formula."""

Cell = str | float | None


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """One piece a row; what is None is empty."""
    yield BOM_UTF8
    for row in rows:
        text = io.StringIO(newline="")
        csv.writer(text).writerow([_safe(cell) for cell in row])
        yield text.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    """Text that a spreadsheet would run gets a leading '. Numbers are ours and stay numbers, negative ones too."""
    return f"'{cell}" if isinstance(cell, str) and _first_shown(cell) in RISKY else cell


def _first_shown(text: str) -> str:
    """Its first character as a spreadsheet may take it: full-width as plain, behind spaces and what nobody sees."""
    for letter in text[:1] if text[:1] in _ENDS else text:
        if not letter.isspace() and unicodedata.category(letter)[0] != "C":
            return unicodedata.normalize("NFKC", letter)[:1]
    return text[:1]
