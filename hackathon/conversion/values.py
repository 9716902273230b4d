"""A value as somebody else wrote it, in the kind of our column; whether it is one is for `bundles.values` to say."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Sequence
from typing import Any

from training_worker.contract.tasks import Column
from training_worker.contract.tasks.spec import ColumnKind

MISSING = -1
"""How `datasets` writes the class label of an example that has none."""


def as_kind(column: Column, raw: Any, names: Sequence[str], *, is_name: bool) -> Any:
    """None for no value. `names` are those of class labels that `raw` holds indices of. `is_name`: a number stands for
    its digits, and spaces around a text are nothing."""
    if names:
        raw = _named(raw, names)
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    if column.kind in ("string", "masked", "name"):
        return _as_text(raw, is_name=is_name or column.kind == "name")
    if not isinstance(raw, str):
        return raw
    if column.kind in ("number", "integer"):
        return _as_number(raw, column.kind)
    return _as_items(raw) if column.kind == "strings" else _as_json(raw)


def _named(raw: Any, names: Sequence[str]) -> Any:
    if isinstance(raw, list):
        return [_named(item, names) for item in raw]
    if isinstance(raw, int) and not isinstance(raw, bool):
        return names[raw] if 0 <= raw < len(names) else None if raw == MISSING else raw
    return raw


def _as_text(raw: Any, *, is_name: bool) -> Any:
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and is_name else repr(raw)
    return raw.strip() if is_name and isinstance(raw, str) else raw


def _as_number(raw: str, kind: ColumnKind) -> Any:
    try:
        return int(raw) if kind == "integer" else float(raw)
    except ValueError:
        return raw


def _as_items(raw: str) -> Any:
    """A list in a cell: JSON's, Python's own (as pandas writes one), or words between spaces."""
    if not raw.strip().startswith("["):
        return raw.split()
    try:
        return json.loads(raw)
    except ValueError:
        pass
    try:
        return ast.literal_eval(raw.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return raw


def _as_json(raw: str) -> Any:
    if not raw.strip().startswith(("[", "{")):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw
