"""The board as a CSV file: the same rows and numbers as page and API, for a spreadsheet."""

from __future__ import annotations

from datetime import UTC

from evaluation.spreadsheet import Cell, csv_lines

from .rows import Board, BoardRow

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


def board_csv(board: Board) -> bytes:
    """Ranked rows, then unranked ones without a place. Times are ISO 8601 in UTC; what is unknown is empty."""
    rows = [*board.rows, *board.unranked]
    return b"".join(csv_lines([COLUMNS, *(_cells(board, row) for row in rows)]))


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
