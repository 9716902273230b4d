"""Rows of a table as language models read them."""

from __future__ import annotations

from collections.abc import Mapping

from .base import JSON

MOST_FIELDS = 200
MISSING = "missing"


def record_text(record: Mapping[str, JSON]) -> str:
    """`{"age": 41, "smokes": false, "town": null}` → "age: 41; smokes: no; town: missing".

    Numbers have at most 6 significant digits.
    """
    return "; ".join(f"{name}: {field_text(value)}" for name, value in record.items())


def field_text(value: JSON) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
