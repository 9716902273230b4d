"""YAML as 1.2 means it, with every refusal on its line."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml.scanner import Scanner

from hackathon.bundles.yaml import MAX_BYTES, MAX_TOKENS, YamlInvalid, dump, load, load_with_lines
from hackathon.errors import MAX_LISTED


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("3e4", 3e4),
        ("1.0e4", 1e4),
        (".5", 0.5),
        ("-7", -7),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("no", "no"),
        ("on", "on"),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ('"1"', "1"),
        ("-.inf", -math.inf),
        ("{<<: 1}", {"<<": 1}),
    ],
)
def test_plain_values_follow_the_core_schema(text: str, value: Any) -> None:
    found = load(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(load("[.nan]")[0])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: &x 1\nb: *x", [2]),
        ("a: 1\nb:\n  c: 1\n  c: 2\na: 3", [4, 5]),
        ("a: !!python/object/apply:os.system [ls]", [1]),
        ("a: 1\nb: !!timestamp 2001-01-01", [2]),
        ("a: !!int x", [1]),
        ("? [1]\n: 2", [1]),
        ("1: 2", [1]),
        ("a: [", [1]),
        ("--- a\n--- b", [2]),
        ("a: " + "9" * 5000, [1]),
        ("[" * 20_000, [1]),
        ("a: \x00", [0]),
        ("#" * (MAX_BYTES + 1), [0]),
    ],
)
def test_refusals_name_their_line(text: str, lines: list[int]) -> None:
    with pytest.raises(YamlInvalid) as caught:
        load(text)
    assert [line for line, _message in caught.value.problems] == lines


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(YamlInvalid):
        load(b"\xff\xfe")


def test_lines_are_those_of_keys_and_items() -> None:
    _value, lines = load_with_lines("a: 1\nb:\n  - x\n  - c: 2\n")
    assert lines[("b",)] == 2
    assert lines[("b", 1)] == 4
    assert lines[("b", 1, "c")] == 4


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_what_is_dumped_is_read_back_the_same(value: Any) -> None:
    assert load(dump(value)) == value


@pytest.mark.parametrize("text", ["1e-4", "no", "true", "010", "~", "", "null", "2026-01-01", "=", "0x1", ".5"])
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert load(dump({"value": text})) == {"value": text}


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("form", ["a: x{}y", "a: |-\n  x{}y", "a: 'x{}y'", 'a: "x{}y"', "a: >-\n  x{}y", "a: [x{}y]"])
def test_what_ends_a_line_in_yaml_1_1_is_a_character_like_others(char: str, form: str) -> None:
    value, lines = load_with_lines(form.format(char) + "\n# \ue000\nb: '\\ue001'\n")
    assert value == {"a": [f"x{char}y"] if "[" in form else f"x{char}y", "b": "\\ue001"}
    assert lines["b",] == form.count("\n") + 3


def test_lines_are_counted_by_line_feeds_alone() -> None:
    with pytest.raises(YamlInvalid) as caught:
        load("a: x\u2028y\nb: 1\nb: 2\n")
    assert [line for line, _message in caught.value.problems] == [3]


@pytest.mark.parametrize(
    "part", ["- !a b\n", "- b\n", "%A b\n", "? a\n: b\n", "- [1, 2]\n", "- &x\n", "a: *b\n", "---\n"]
)
def test_little_is_read_of_a_text_of_many_parts(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[None] = []
    fetch = Scanner.fetch_more_tokens
    monkeypatch.setattr(Scanner, "fetch_more_tokens", lambda scanner: (read.append(None), fetch(scanner))[1])
    with pytest.raises(YamlInvalid):
        load(part * (MAX_BYTES // len(part)))
    assert len(read) <= MAX_TOKENS


def test_a_thousand_labels_and_a_long_description_are_little() -> None:
    challenge = {"labels": [f"label {n}" for n in range(1000)], "description": "A line of text.\n" * 10_000}
    assert load(dump(challenge)) == challenge


def test_many_problems_are_counted_not_listed() -> None:
    with pytest.raises(YamlInvalid) as caught:
        load("- !a b\n" * 60)
    assert len(caught.value.problems) == MAX_LISTED + 1
    assert caught.value.problems[-1] == (0, "… and 10 more problems.")
