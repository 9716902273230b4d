"""Data files as rows, the same for every task."""

from __future__ import annotations

import json
from pathlib import Path

from .split import Row


def read_rows(path: Path) -> list[Row]:
    """The rows of a `.jsonl` file. Lines end at line feeds alone: a JSON string may hold other line separators."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
