"""Data files as rows, the same for every task."""

from __future__ import annotations

from pathlib import Path

from ..contract import json_lines
from .split import Row


def read_rows(path: Path) -> list[Row]:
    """The rows of a `.jsonl` file."""
    return json_lines.read_rows(path.read_bytes())
