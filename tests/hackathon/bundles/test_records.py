"""Rows of a table in a bundle, what is counted and found of them, and how a page shows them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from hackathon.bundles.values import LONGEST_FIELD, LONGEST_FIELD_NAME
from hackathon.dataset.index import index_data
from hackathon.presentation.shown import shown_row
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.test_reading import problems_of
from training_worker.contract.records import MOST_FIELDS, record_text
from training_worker.contract.tasks import TASKS

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
SPEC = TASKS["tabular-classification"]
KIND = "an object of 1 to 200 names, each with a number, true, false, null or a text (1,000 characters)"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "bike-faults", tmp_path / "table"))


def features(folder: Path, line: int = 1, name: str = "train.jsonl") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text().splitlines()[line - 1])["features"]
    return found


def test_the_examples_have_no_problem() -> None:
    assert problems_of(EXAMPLES / "bike-faults") == []
    assert problems_of(EXAMPLES / "ice-cream-sales") == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "a: 1",
        {"a": [1]},
        {"a": {"b": 1}},
        {" ": 1},
        {"n" * (LONGEST_FIELD_NAME + 1): 1},
        {"a": "x" * (LONGEST_FIELD + 1)},
        {"a": 1e16},
        {str(n): n for n in range(MOST_FIELDS + 1)},
    ],
)
def test_a_record_is_an_object_of_plain_values(table: Path, value: Any) -> None:
    edit(table / "train.jsonl", 2, features=value)
    assert problems_of(table) == [f"train.jsonl:2: The value of “features” must be {KIND}."]


def test_every_row_has_the_same_names_in_the_same_order(table: Path) -> None:
    first = features(table)
    name = next(iter(first))
    edit(table / "train.jsonl", 2, features={key: value for key, value in first.items() if key != name} | {"new": 0.5})
    edit(table / "validation.jsonl", 1, features=dict(first) | {"odd": 1, "one": 2})
    edit(table / "test.jsonl", 1, features=dict(reversed(features(table, 1, "test.jsonl").items())))
    assert sorted(problems_of(table)) == [
        "test.jsonl:1: “features” has its names in another order than train.jsonl:1.",
        f"train.jsonl:2: “features” lacks names that train.jsonl:1 has (null is a missing value): {name}.",
        "validation.jsonl:1: “features” has names that train.jsonl:1 has not: odd, one.",
    ]


def test_a_test_row_that_is_in_training_is_a_leak(table: Path) -> None:
    edit(table / "test.jsonl", 1, features=features(table, 3))
    assert problems_of(table) == ["test.jsonl:1: The same input is at train.jsonl:3, with its label."]


def test_rows_are_counted_and_found_by_what_a_model_reads() -> None:
    row = {"id": "1", "features": {"Town": "Łódź", "age": 41, "smokes": False, "weight": None}, "label": "a"}
    assert record_text(row["features"]) == "Town: Łódź; age: 41; smokes: no; weight: missing"
    body = (json.dumps(row) + "\n").encode()
    facts, files = index_data(SPEC, ["a", "b"], {"train.jsonl": body, "validation.jsonl": body})
    assert facts.train.lengths is not None
    assert facts.train.lengths.maximum > 8
    assert "town: łódź; age: 41" in files["train.search"].decode()


def test_the_page_has_names_and_values() -> None:
    row = {"id": "1", "features": {"<b>": "<i>", "age": 41.123456789, "weight": None}, "label": "a"}
    shown = " ".join(
        render_to_string("hackathon/presentation/_record.html", {"example": shown_row(row, SPEC, str)}).split()
    )
    assert '<dt><bdi>&lt;b&gt;</bdi></dt><dd dir="auto">&lt;i&gt;</dd>' in shown
    assert '<bdi>age</bdi></dt><dd dir="auto">41.1235</dd>' in shown
    assert '<bdi>weight</bdi></dt><dd dir="auto">–</dd>' in shown
