"""Marked entities in a bundle: in their text, and apart from each other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.hackathon.bundles.pictures import edit, read_rows
from tests.hackathon.bundles.test_reading import problems_of
from tests.hackathon.bundles.test_targets import EXAMPLES

TEXT = "Ada met Bob in Oslo."


@pytest.fixture
def relations(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "who-works-where", tmp_path / "relations"))


def place(start: Any, end: Any) -> dict[str, Any]:
    return {"start": start, "end": end}


def test_the_example_has_no_problem() -> None:
    assert problems_of(EXAMPLES / "who-works-where") == []
    for name in ("train", "validation", "test"):
        for row in read_rows(EXAMPLES / "who-works-where" / f"{name}.jsonl"):
            head, tail = (row["text"][row[side]["start"] : row[side]["end"]] for side in ("head", "tail"))
            assert head.strip() == head != tail == tail.strip()


@pytest.mark.parametrize(
    "value", ["Ada", [0, 3], {}, {"start": 0}, place(0, 0), place(3, 1), place(-1, 3), place("0", 3), place(0, 3.0),
              place(False, 3), place(0, 3) | {"text": "Ada"}]
)  # fmt: skip
def test_a_place_is_a_start_and_an_end(relations: Path, value: Any) -> None:
    edit(relations / "train.jsonl", 2, text=TEXT, head=value, tail=place(15, 19))
    (found,) = problems_of(relations)
    assert found.startswith("train.jsonl:2: The value of “head” must be an object with “start” and “end”")


@pytest.mark.parametrize("file", ["train.jsonl", "validation.jsonl", "test.jsonl"])
@pytest.mark.parametrize(
    ("head", "tail", "expected"),
    [
        (place(0, 3), place(15, 19), []),
        (place(15, 19), place(0, 3), []),
        (place(0, 3), place(3, 4), ["“tail” is white space."]),
        (place(0, 3), place(15, 21), ["“tail” ends at character 21 of a text of 20."]),
        (place(0, 7), place(4, 11), ["“head” and “tail” overlap."]),
        (place(8, 11), place(4, 19), ["“tail” and “head” overlap."]),
        (place(0, 3), place(0, 3), ["“head” and “tail” overlap."]),
        (place(0, 3), place(3, 7), []),
    ],
)
def test_places_are_in_the_text_and_apart(
    relations: Path, file: str, head: Any, tail: Any, expected: list[str]
) -> None:
    edit(relations / file, 2, text=TEXT, head=head, tail=tail)
    assert problems_of(relations) == [f"{file}:2: {message}" for message in expected]


def test_other_entities_of_the_same_text_are_no_leak(relations: Path) -> None:
    row = read_rows(relations / "train.jsonl")[0]
    edit(relations / "test.jsonl", 1, text=row["text"], head=row["tail"], tail=row["head"])
    assert problems_of(relations) == []
    edit(relations / "test.jsonl", 1, text=row["text"].upper(), head=row["head"], tail=row["tail"])
    (found,) = problems_of(relations)
    assert found.startswith("test.jsonl:1: The input at train.jsonl:1, with its label, differs in case")
