"""Rows of who rated what in a bundle: pairs, texts, the scale, who is new, and how a page shows them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from hackathon.bundles.reading import inspect_bundle
from hackathon.bundles.values import LONGEST_NAME
from hackathon.presentation.shown import shown_row
from hackathon.services.data_files import data_files
from tests.hackathon.bundles.pictures import edit, read_rows, write_rows
from tests.hackathon.bundles.test_reading import problems_of
from training_worker.contract.tasks import TASKS

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "book-club"
NAME = f"a text of 1 to {LONGEST_NAME} characters, or a whole number"


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "ratings"))


def warnings_of(folder: Path) -> list[str]:
    assert problems_of(folder) == []
    return list(map(str, inspect_bundle(folder).problems.warnings()))


def pair(folder: Path, name: str, line: int) -> dict[str, Any]:
    row = read_rows(folder / name)[line - 1]
    return {column: row[column] for column in ("user", "item", "text")}


def test_the_example_has_no_problem_and_says_what_its_lists_are_too_short_for() -> None:
    assert warnings_of(EXAMPLE) == [
        "test.jsonl: No “user” has more than 10 test rows: recall_at_10 says nothing of them, choose another metric."
    ]


@pytest.mark.parametrize("column", ["user", "item"])
@pytest.mark.parametrize("value", ["", " ", "x" * (LONGEST_NAME + 1), 1.5, True, ["a"]])
def test_a_name_is_a_short_text(ratings: Path, column: str, value: Any) -> None:
    edit(ratings / "train.jsonl", 1, **{column: value})
    assert problems_of(ratings) == [f"train.jsonl:1: The value of “{column}” must be {NAME}."]


def test_a_user_without_an_item_and_a_row_without_a_rating_are_told(ratings: Path) -> None:
    edit(ratings / "test.jsonl", 1, item=None)
    edit(ratings / "train.jsonl", 2, rating=None)
    edit(ratings / "train.jsonl", 3, rating="4")
    assert sorted(problems_of(ratings)) == [
        "test.jsonl:1: The column “item” is missing.",
        "train.jsonl:2: The column “rating” is missing.",
        "train.jsonl:3: The value of “rating” must be a number from -1e+15 to 1e+15.",
    ]


def test_numbers_may_be_names_and_users_and_items_may_have_the_same(ratings: Path) -> None:
    for name in ("train", "validation", "test"):
        rows = read_rows(ratings / f"{name}.jsonl")
        write_rows(ratings / f"{name}.jsonl", [{k: v for k, v in row.items() if k != "text"} for row in rows])
    edit(ratings / "train.jsonl", 1, user=3, item=5)
    edit(ratings / "test.jsonl", 1, user=5, item=3)
    assert problems_of(ratings) == []


def test_a_pair_is_rated_once(ratings: Path) -> None:
    edit(ratings / "train.jsonl", 5, **pair(ratings, "train.jsonl", 2))
    edit(ratings / "validation.jsonl", 4, **pair(ratings, "train.jsonl", 3))
    edit(ratings / "test.jsonl", 1, **pair(ratings, "train.jsonl", 9))
    edit(ratings / "test.jsonl", 7, **pair(ratings, "test.jsonl", 6))
    assert sorted(problems_of(ratings)) == [
        "test.jsonl:1: The same user + item is at train.jsonl:9.",
        "test.jsonl:7: The same user + item is at test.jsonl:6.",
        "train.jsonl:5: The same user + item is at train.jsonl:2.",
        "validation.jsonl:4: The same user + item is at train.jsonl:3.",
    ]


def test_a_text_is_its_items(ratings: Path) -> None:
    item = read_rows(ratings / "train.jsonl")[0]["item"]
    line = next(n for n, row in enumerate(read_rows(ratings / "test.jsonl"), 1) if row["item"] == item)
    edit(ratings / "test.jsonl", line, text="Another one.")
    assert problems_of(ratings) == [f"test.jsonl:{line}: “text” of the same “item” differs at train.jsonl:1."]


def test_a_hidden_rating_outside_of_the_scale_is_told_without_its_value(ratings: Path) -> None:
    edit(ratings / "test_labels.jsonl", 3, rating=7777)
    edit(ratings / "validation.jsonl", 2, rating=0)
    scale = "The rating lies outside of those in train.jsonl, which are from 1 to 5."
    assert sorted(problems_of(ratings)) == [f"test_labels.jsonl:3: {scale}", f"validation.jsonl:2: {scale}"]


def test_ratings_that_are_all_alike_teach_nothing(ratings: Path) -> None:
    for name in ("train", "validation", "test_labels"):
        write_rows(ratings / f"{name}.jsonl", [row | {"rating": 3} for row in read_rows(ratings / f"{name}.jsonl")])
    assert problems_of(ratings) == ["train.jsonl: All examples have the same value: there is nothing to learn."]


def test_a_cold_start_is_a_warning(ratings: Path) -> None:
    edit(ratings / "test.jsonl", 4, user="Zoe")
    edit(ratings / "test.jsonl", 5, item="A new book", text="A new book.")
    assert warnings_of(ratings)[1:] == [
        "test.jsonl:4: Test rows that are the only one of their “user”: 1, such as this one. They have no order, and do"
        " not count in ndcg_at_10 and recall_at_10.",
        "test.jsonl:4: Test rows whose “user” is in no training row: 1, such as this one. A model knows nothing else of"
        " it.",
        "test.jsonl:5: Test rows whose “item” is in no training row: 1, such as this one. A model knows nothing else of"
        " it.",
    ]


def test_users_are_groups_already(ratings: Path) -> None:
    edit(ratings / "train.jsonl", 1, group="north")
    edit(ratings / "test_labels.jsonl", 1, group="north")
    assert [message.partition(" Known")[0] for message in sorted(problems_of(ratings))] == [
        "test_labels.jsonl:1: There is a column that does not belong here.",
        "train.jsonl:1: The column “group” does not belong here.",
    ]


def test_all_items_of_a_user_are_on_one_side_and_the_scorer_is_told_the_users(ratings: Path, tmp_path: Path) -> None:
    import json

    bundle = inspect_bundle(ratings).bundle
    assert bundle is not None
    files = data_files(bundle, secret=b"s" * 32, folder=tmp_path)
    hidden = [json.loads(line) for line in files.secret["test_labels.jsonl"].decode().splitlines()]
    assert {row["id"]: row["user"] for row in hidden} == {row.id: row.values["user"] for row in bundle.test}
    split, of = json.loads(files.secret["split.json"]), {row["id"]: row["user"] for row in hidden}
    public, private = ({of[id_] for id_ in split[side]} for side in ("public", "private"))
    assert public
    assert private
    assert not public & private


def test_the_page_shows_who_and_what() -> None:
    row = {"id": "1", "user": "<Ada>", "item": "Up", "text": "Up. An old man flies.", "rating": 4.5}
    shown = render_to_string(
        "hackathon/presentation/_rating.html", {"example": shown_row(row, TASKS["recommendation"], str)}
    )
    assert "&lt;Ada&gt;" in shown
    assert "An old man flies." in shown
    assert "True rating" in shown
    assert "4.5" in shown
    bare = {"id": "1", "user": "7", "item": "8", "rating": 1}
    assert "passage" not in render_to_string(
        "hackathon/presentation/_rating.html", {"example": shown_row(bare, TASKS["recommendation"], str)}
    ).replace("passages", "")
