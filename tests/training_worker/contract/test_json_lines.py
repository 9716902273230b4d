"""The one reader of JSON lines: where lines end, and what is refused in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_worker.contract.json_lines import (
    BAD_CHARACTER,
    DOUBLED_KEY,
    NOT_JSON,
    NOT_UTF8,
    LineInvalid,
    read_line,
    read_rows,
    split_lines,
)


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r", "\n"])
def test_a_text_may_hold_whatever_other_readers_take_for_the_end_of_a_line(char: str, ensure_ascii: bool) -> None:
    rows = [{"id": "a", "text": f"one{char}two"}, {"id": f"b{char}", "text": "three"}]
    body = "\n".join(json.dumps(row, ensure_ascii=ensure_ascii) for row in rows).encode()
    assert read_rows(body) == read_rows(body + b"\n") == rows


@given(st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text()))))
def test_what_is_written_is_read(rows: list[dict[str, object]]) -> None:
    sound = [row for row in rows if "\0" not in "".join(map(str, (*row, *row.values()))) and "\\x00" not in str(row)]
    for ensure_ascii in (True, False):
        body = "".join(json.dumps(row, ensure_ascii=ensure_ascii) + "\n" for row in sound).encode()
        assert read_rows(body) == sound


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b'{"a": "\xff"}', NOT_UTF8),
        (b'{"a": "\xed\xa0\x80"}', NOT_UTF8),
        (b'{"a": 1, "a": 1}', DOUBLED_KEY),
        (b'{"a": {"b": 1, "b": 1}}', DOUBLED_KEY),
        (b'{"a": "x\x00"}', NOT_JSON),
        (rb'{"a": "x\u0000"}', BAD_CHARACTER),
        (rb'{"a": ["\ud800"]}', BAD_CHARACTER),
        (rb'{"a": {"\udc00": 1}}', BAD_CHARACTER),
        (rb'{"a": "\udc00\ud800"}', BAD_CHARACTER),
        (b'{"a": NaN}', NOT_JSON),
        (b"", NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b'"\\u0041"' + b"," * 9, NOT_JSON),
        (b"9" * 5000, NOT_JSON),
    ],
)
def test_what_is_refused(raw: bytes, kind: str) -> None:
    with pytest.raises(LineInvalid) as caught:
        read_line(raw)
    assert caught.value.kind == kind


def test_a_pair_of_surrogates_and_a_backslash_before_u_are_sound() -> None:
    assert read_line(rb'["\ud83d\ude00", "\\u0000", "\\ud800"]') == ["😀", r"\u0000", r"\ud800"]


def test_a_bad_line_of_a_file_is_named_by_its_number() -> None:
    with pytest.raises(ValueError, match=r"^line 2: not valid JSON$"):
        read_rows(b'{"a": 1}\nsecret\n')
    with pytest.raises(ValueError, match=r"^line 1: not an object$"):
        read_rows(b'["secret"]\n')


def test_an_empty_file_has_no_line() -> None:
    assert split_lines(b"") == []
    assert split_lines(b"\n") == [b""]
    assert read_rows(b"") == []
