"""What pandas, Windows and macOS write: taken as it is meant, or told in one sentence a kind."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hackathon.bundles.reading import Bundle, inspect_bundle
from hackathon.bundles.rows import Row
from tests.hackathon.bundles.test_reading import EXAMPLE, bundle, edit, problems_of, put

__all__ = ["bundle"]
DATA = ("train.jsonl", "validation.jsonl", "test.jsonl", "test_labels.jsonl")


def inspected(folder: Path) -> Bundle:
    inspection = inspect_bundle(folder)
    assert problems_of(folder) == []
    assert inspection.bundle is not None
    return inspection.bundle


def values(rows: list[Row]) -> list[dict[str, Any]]:
    return [row.values for row in rows]


def change(folder: Path, how: Callable[[dict[str, Any]], dict[str, Any]], names: tuple[str, ...] = DATA) -> None:
    """Change every row of some files."""
    for name in names:
        rows = [json.loads(line) for line in (folder / name).read_bytes().splitlines()]
        (folder / name).write_text("".join(json.dumps(how(row)) + "\n" for row in rows))


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16 of Windows": lambda body: body.decode().encode("utf-16"),
    "UTF-16 big end first": lambda body: b"\xfe\xff" + body.decode().encode("utf-16-be"),
    "lines of Windows": lambda body: body.replace(b"\n", b"\r\n"),
    "lines of an old Mac": lambda body: body.replace(b"\n", b"\r"),
    "UTF-16 with lines of Windows": lambda body: body.decode().replace("\n", "\r\n").encode("utf-16"),
    "empty lines at the end": lambda body: body + b"\n\r\n  \n\n",
    "no line feed at the end": lambda body: body.removesuffix(b"\n"),
}


@pytest.mark.parametrize("way", WAYS)
def test_files_of_other_systems_are_read_as_if_they_were_ours(bundle: Path, way: str) -> None:
    for name in (*DATA, "challenge.yaml"):
        (bundle / name).write_bytes(WAYS[way]((bundle / name).read_bytes()))
    found, expected = inspected(bundle), inspected(EXAMPLE)
    assert found.challenge == expected.challenge
    for part in ("train", "validation", "test", "test_labels"):
        assert getattr(found, part) == getattr(expected, part)


@pytest.mark.parametrize(
    "body", ["{}".encode("utf-16-le"), b"\xff\xfe{", b"\xff\xfe\x00\x00{\x00\x00\x00", b'{"id": "a"}\n\x00']
)
def test_what_is_no_text_is_one_sentence(bundle: Path, body: bytes) -> None:
    (bundle / "test.jsonl").write_bytes(body)
    assert problems_of(bundle) == ["test.jsonl: This is not UTF-8 text: save the file as UTF-8."]


def test_files_in_another_encoding_are_one_sentence(bundle: Path) -> None:
    change(bundle, lambda row: row, ("train.jsonl",))
    text = (bundle / "train.jsonl").read_text().replace('"text": "', '"text": "Ä ')
    (bundle / "train.jsonl").write_bytes(text.encode("latin-1"))
    found = [problem for problem in problems_of(bundle) if problem.startswith("train")]
    assert found == [
        "train.jsonl:1: This line is not valid UTF-8 text: save the file as UTF-8. (20 lines: 1, 2, 3, 4, 5 …)"
    ]


def test_what_systems_leave_in_folders_is_passed_over(bundle: Path) -> None:
    for name in (".DS_Store", "._train.jsonl", "Thumbs.db", "desktop.ini"):
        (bundle / name).write_bytes(b"\0")
    (bundle / "__MACOSX").mkdir()
    inspected(bundle)


def test_whole_numbers_are_names_where_names_belong(bundle: Path) -> None:
    numbers = {"negative": 0, "positive": 1}

    def numbered(row: dict[str, Any]) -> dict[str, Any]:
        changed = row | {"id": int(row["id"][-2:]) + 100 * (ord(row["id"][0]) + len(row["id"]))}
        return changed | (
            {"label": numbers[row["label"]], "group": changed["id"], "slice": 7} if "label" in row else {}
        )

    change(bundle, numbered)
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("[negative, positive]", "[0, 1]"))
    found = inspected(bundle)
    assert found.labels == ("0", "1")
    assert {row.values["label"] for row in found.test_labels} == {"0", "1"}
    assert all(isinstance(row.values[name], str) for row in found.train for name in ("id", "group", "slice"))


def test_null_is_nothing_and_the_index_of_pandas_is_dropped(bundle: Path) -> None:
    change(bundle, lambda row: row | {"text_pair": None, "group": None, "slice": None, "__index_level_0__": 7})
    found, expected = inspected(bundle), inspected(EXAMPLE)
    for part in ("train", "validation", "test", "test_labels"):
        assert values(getattr(found, part)) == values(getattr(expected, part))


def test_one_kind_of_problem_is_one_sentence_with_its_count(bundle: Path) -> None:
    change(bundle, lambda row: row | {"Unnamed: 0": 1}, ("train.jsonl",))
    change(bundle, lambda row: row | {"label": 1.0, "HIDDEN": 1}, ("test_labels.jsonl",))
    put(bundle / "validation.jsonl", 2, "")
    put(bundle / "validation.jsonl", 5, " ")
    known = "id, text, text_pair, label, group, slice"
    assert problems_of(bundle) == [
        "test_labels.jsonl:1: The value of “label” must be a string: put it in quotation marks. "
        "(24 lines: 1, 2, 3, 4, 5 …)",
        "test_labels.jsonl:1: There is a column that does not belong here. Known: id, label, group, slice. "
        "(24 lines: 1, 2, 3, 4, 5 …)",
        f"train.jsonl:1: The column “Unnamed: 0” does not belong here. Known: {known}. (20 lines: 1, 2, 3, 4, 5 …)",
        "validation.jsonl:2: This line is empty: remove it. (2 lines: 2, 5)",
    ]


@pytest.mark.parametrize("body", [b"\n", b" \r\n \n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_file_without_a_row_is_empty(bundle: Path, body: bytes) -> None:
    (bundle / "train.jsonl").write_bytes(body)
    assert [problem for problem in problems_of(bundle) if problem.startswith("train")] == [
        "train.jsonl: The file is empty."
    ]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "wide": lambda text: text.replace("A", "\uff21"),
    "a ligature": lambda text: text.replace("fi", "\ufb01"),
    "zero-width": lambda text: text.replace(" ", " \u200b").replace("e", "e\u200d\ufeff"),
    "a mark of direction": lambda text: "\u202e" + text,
    "another space": lambda text: text.replace(" ", "\u00a0\u2003"),
    "a soft hyphen": lambda text: text.replace("é", "\u00ade\u0301"),
    "capitals": lambda text: text.replace("ß", "ẞ").upper(),
}
TEXT = "A fine café, groß and warm"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_leak_is_found_in_every_spelling(bundle: Path, spelling: str) -> None:
    edit(bundle / "train.jsonl", 7, text=TEXT)
    edit(bundle / "test.jsonl", 9, text=SPELLINGS[spelling](TEXT))
    assert SPELLINGS[spelling](TEXT) != TEXT
    assert problems_of(bundle) == [
        "test.jsonl:9: The input at train.jsonl:7, with its label, differs in case, spaces, invisible characters or "
        "order only."
    ]


def test_an_exchanged_pair_is_a_leak(bundle: Path) -> None:
    change(bundle, lambda row: row | {"text_pair": f"pair of {row['id']}"}, DATA[:3])
    inspected(bundle)
    edit(bundle / "validation.jsonl", 2, text="One thing.", text_pair="Another.")
    edit(bundle / "test.jsonl", 4, text="another.", text_pair="One  thing.")
    (found,) = problems_of(bundle)
    assert found.startswith("test.jsonl:4: The input at validation.jsonl:2, with its label, differs in")


def test_an_input_in_training_and_validation_is_a_warning(bundle: Path) -> None:
    for line in (2, 3):
        row = json.loads((bundle / "train.jsonl").read_text().splitlines()[line])
        edit(bundle / "validation.jsonl", line, text=row["text"].upper(), label=row["label"])
    inspection = inspect_bundle(bundle)
    assert list(map(str, inspection.problems.warnings())) == [
        "validation.jsonl:2: Validation inputs that are in training too: 2, such as this one at train.jsonl:3. "
        "Scores will look too good."
    ]
    inspected(bundle)
