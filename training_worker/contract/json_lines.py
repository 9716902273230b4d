"""JSON lines: the one reader of site, worker and scorer.

Lines end at line feeds alone. A JSON string may hold U+0085, U+2028 and U+2029 as they are, where `str.splitlines` and
text files of some languages see the end of a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .base import JSON


class LineInvalid(ValueError):
    """A line that is not one JSON value of sound text. The message says which `kind` of fault, and nothing of it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


NOT_UTF8 = "not valid UTF-8"
NOT_JSON = "not valid JSON"
DOUBLED_KEY = "a key twice"
BAD_CHARACTER = "a NUL character or half a character"
"""U+0000, which PostgreSQL keeps in no text, or a lone surrogate, which is in no encoding."""


def split_lines(body: bytes) -> list[bytes]:
    """Lines of a whole file; its last line may end with a line feed or not."""
    return body.removesuffix(b"\n").split(b"\n") if body else []


def read_line(raw: bytes, *, is_finite: bool = True) -> JSON:
    """The value of one line. Raises `LineInvalid`. `is_finite=False` lets NaN and infinities through."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_refuse if is_finite else None)
        if b"\\u" in raw:  # strict JSON has neither character without an escape
            for text in _texts(value):
                _check(text)
    except LineInvalid:
        raise
    except UnicodeError:
        raise LineInvalid(NOT_UTF8) from None
    except (ValueError, RecursionError):
        raise LineInvalid(NOT_JSON) from None
    return value


def read_rows(body: bytes) -> list[dict[str, Any]]:
    """The objects of a file that is known to be good. Raises `ValueError` that names the line."""
    rows = []
    for number, raw in enumerate(split_lines(body), start=1):
        try:
            row = read_line(raw)
        except LineInvalid as invalid:
            raise ValueError(f"line {number}: {invalid.kind}") from None
        if not isinstance(row, dict):
            raise ValueError(f"line {number}: not an object")
        rows.append(row)
    return rows


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise LineInvalid(DOUBLED_KEY)
    return result


def _refuse(constant: str) -> Any:
    raise LineInvalid(NOT_JSON)


def _texts(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _check(text: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise LineInvalid(BAD_CHARACTER)
