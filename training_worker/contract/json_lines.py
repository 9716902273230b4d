"""JSON lines: the one reader of site, worker and scorer.

Lines end at line feeds alone. A JSON string may hold U+0085, U+2028 and U+2029 as they are, where `str.splitlines` and
text files of some languages see the end of a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .base import JSON
from .text import refused_character


class LineInvalid(ValueError):
    """A line that is not one JSON value of sound text. The message says which `kind` of fault, and nothing of it but
    the `character` that may not come in, as "U+0000"."""

    def __init__(self, kind: str, character: str = "") -> None:
        super().__init__(f"{kind} {character}".rstrip())
        self.kind = kind
        self.character = character


NOT_UTF8 = "not valid UTF-8"
NOT_JSON = "not valid JSON"
DOUBLED_KEY = "a key twice"
BAD_CHARACTER = "a character that may not come in:"
"""See `text`."""


def split_lines(body: bytes) -> list[bytes]:
    """Lines of a whole file; its last line may end with a line feed or not."""
    return body.removesuffix(b"\n").split(b"\n") if body else []


def read_line(raw: bytes, *, is_finite: bool = True) -> JSON:
    """The value of one line. Raises `LineInvalid`. `is_finite=False` lets NaN and infinities through."""
    try:
        text = raw.decode()
        value = (_FINITE if is_finite else _ANY_NUMBER).decode(text)
        for part in (text, *_texts(value)) if "\\" in text else (text,):
            _check(part)
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
            raise ValueError(f"line {number}: {invalid}") from None
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


_FINITE = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
_ANY_NUMBER = json.JSONDecoder(object_pairs_hook=_unique)
"""Made once: for short lines that takes as long as decoding."""


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
    if character := refused_character(text):
        raise LineInvalid(BAD_CHARACTER, character)
