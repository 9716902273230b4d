"""The board as a CSV file: the same rows and numbers as page and API, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import UTC

from .rows import Board, BoardRow

_ENDS = frozenset("\t\r\n")
RISKY = frozenset("=+-@") | _ENDS
"""A spreadsheet may take a text that begins so for a formula."""

COLUMNS = (
    "place",
    "name",
    "number",
    "method",
    "base_model",
    "metric",
    "direction",
    "score",
    "se",
    "base_score",
    "base_se",
    "gain",
    "compute_seconds",
    "entries",
    "improved_at",
    "history",
)

Cell = str | float | None


def board_csv(board: Board) -> bytes:
    """Ranked rows, then unranked ones without a place; UTF-8 with a byte order mark, without which Excel guesses.

    Times are ISO 8601 in UTC; what is unknown is empty.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in [*board.rows, *board.unranked]:
        writer.writerow([_safe(cell) for cell in _cells(board, row)])
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: Cell) -> Cell:
    """Text that a spreadsheet would run gets a leading '. Numbers are ours and stay numbers, negative ones too."""
    return f"'{cell}" if isinstance(cell, str) and _first_shown(cell) in RISKY else cell


def _first_shown(text: str) -> str:
    """Its first character as a spreadsheet may take it: full-width as plain, behind spaces and what nobody sees."""
    for letter in text[:1] if text[:1] in _ENDS else text:
        if not letter.isspace() and unicodedata.category(letter)[0] != "C":
            return unicodedata.normalize("NFKC", letter)[:1]
    return text[:1]


def _cells(board: Board, row: BoardRow) -> list[Cell]:
    return [
        row.place,
        row.name,
        row.number,
        row.method,
        row.base_model,
        board.metric,
        board.direction,
        row.score.value,
        row.score.se,
        row.base_score.value if row.base_score else None,
        row.base_score.se if row.base_score else None,
        row.gain,
        row.compute_seconds,
        row.entries,
        row.improved_at.astimezone(UTC).isoformat() if row.improved_at else None,
        " ".join(str(value) for value in row.history),
    ]
