"""Values at and beyond the edges of what JSON, databases and floating point hold, and bodies that have them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

OVERFLOWING = "\ue000"
"""Becomes the JSON number 1e400, which no `json.dumps` writes."""

NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**400, -(10**400)),
    *(0.0, 0.1, 1e9, 5e-324, 1e-300, 1e150, -1e150, 1.7e308, -1.7e308, 2_678_400.0, float("inf"), float("nan")),
    OVERFLOWING,
)
TEXTS: tuple[Any, ...] = (
    *("", " ", "x", "x" * 100, "x" * 501, "x" * 5001, "\0", "a\0b", "\ud800", "\udc00\ud800", "\a", "\x1b[31m", "\x7f"),
    *("\x85", "\u2028", "\n", "\t", "\ufeff", "\u202e", "\uffff", "\U0010ffff", "%s %(x)s {0}", "<script>", "../x"),
)
MOMENTS: tuple[Any, ...] = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00+12:00"),
    *("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "2099-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
    *("9999-12-31T23:59:59.999999Z", "2024-02-30T00:00:00Z", "2024-01-01"),
)
SHAPES: tuple[Any, ...] = (None, True, [], {}, [[]], {"": 0}, {"\0": 0}, {"\ud800": 0}, {"x" * 1000: 0}, ["x"] * 2000)
EXTREMES = (*NUMBERS, *TEXTS, *MOMENTS, *SHAPES)


def paths(body: Any, at: Path = ()) -> Iterator[Path]:
    """Of everything in a body, but for itself."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield (*at, key)
        yield from paths(value, (*at, key))


def replaced(body: Any, path: Path, value: Any) -> Any:
    """A copy with `value` at `path`; as it is where there is no such path (any more)."""
    changed = copy.deepcopy(body)
    inner = changed
    try:
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        return changed
    return changed


def encoded(body: Any) -> bytes:
    return json.dumps(body).replace(json.dumps(OVERFLOWING), "1e400").encode()
