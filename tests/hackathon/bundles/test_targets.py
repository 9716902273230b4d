"""Values by kind of column, answers by kind of answer; no problem repeats a hidden one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hackathon.bundles import targets, values
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.test_reading import problems_of, put

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
LIST = "a list of 1 to 5000 strings, none of them empty"


@pytest.fixture
def tags(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "people-and-places", tmp_path / "tags"))


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "coffee-ratings", tmp_path / "numbers"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/challenge.yaml")))
def test_the_examples_have_no_problem(name: str) -> None:
    assert problems_of(EXAMPLES / name) == []


@pytest.mark.parametrize("value", ["a b", [], [1], ["a", " "], [["a"]], ["a"] * (values.MAX_ITEMS + 1), {"a": 1}])
def test_a_list_of_words_is_a_list_of_words(tags: Path, value: Any) -> None:
    edit(tags / "train.jsonl", 2, tokens=value)
    assert problems_of(tags) == [f"train.jsonl:2: The value of “tokens” must be {LIST}."]


@pytest.mark.parametrize("value", ["4.5", True, [1], "NaN", "Infinity", "1e999", "-1e16", "9" * 400])
def test_a_number_is_a_finite_number(numbers: Path, value: Any) -> None:
    raw = value if value in ("NaN", "Infinity", "1e999", "-1e16") or str(value).isdigit() else json.dumps(value)
    put(numbers / "train.jsonl", 3, f'{{"id": "x", "text": "So so.", "label": {raw}}}')
    (found,) = problems_of(numbers)
    expected = (
        "This line is not valid JSON." if value in ("NaN", "Infinity") else "must be a number from -1e+15 to 1e+15"
    )
    assert found.startswith("train.jsonl:3: ")
    assert expected in found


@pytest.mark.parametrize("value", [4, -2.5, 0, 1e15])
def test_whole_numbers_are_numbers_too(numbers: Path, value: float) -> None:
    edit(numbers / "train.jsonl", 3, label=value)
    assert problems_of(numbers) == []


@pytest.mark.parametrize(
    ("tokens", "ner_tags", "expected"),
    [
        (["Ada", "sings"], ["B-PER"], "Each word needs a tag: 2 words, 1 tags."),
        (["Ada", "sings"], ["B-PER", "X"], "Tag 2 must be O, or B- or I- and the name of a type."),
        (["Ada", "sings"], ["B-", "O"], "Tag 1 must be O, or B- or I- and the name of a type."),
        (["Ada", "sings"], ["B-ORG", "O"], "Tag 1 is none of the challenge's labels."),
        (["Ada", "sings"], ["I-PER", "O"], "Tag 1 continues an entity that has not begun (IOB2)."),
        (["in", "New", "York"], ["O", "B-PER", "I-LOC"], "Tag 3 continues an entity that has not begun (IOB2)."),
        (["in", "New", "York"], ["B-LOC", "O", "I-LOC"], "Tag 3 continues an entity that has not begun (IOB2)."),
        (["Ada", "Ada", "B"], ["B-PER", "B-PER", "I-PER"], ""),
    ],
)  # fmt: skip
def test_tags_fit_their_words_and_each_other(tags: Path, tokens: list[str], ner_tags: list[str], expected: str) -> None:
    edit(tags / "validation.jsonl", 2, tokens=tokens, ner_tags=ner_tags)
    assert problems_of(tags) == ([f"validation.jsonl:2: {expected}"] if expected else [])


@pytest.mark.parametrize(
    "hidden",
    [
        ["B-PER"] * 3,
        ["HIDDEN"] * 10,
        ["B-HIDDEN"] * 10,
        ["I-LOC", *["O"] * 9],
        [["HIDDEN"]] * 10,
        "HIDDEN",
    ],
)
def test_no_problem_repeats_a_hidden_tag_or_says_where_an_entity_is(tags: Path, hidden: Any) -> None:
    edit(tags / "test_labels.jsonl", 1, ner_tags=hidden)
    (found,) = problems_of(tags)
    assert found.startswith("test_labels.jsonl:1: ")
    for word in ("HIDDEN", "B-PER", "I-LOC", "Tag 1 continues"):
        assert word not in found


def test_no_problem_repeats_a_hidden_number(numbers: Path) -> None:
    edit(numbers / "test_labels.jsonl", 2, label=31e16)
    assert problems_of(numbers) == ["test_labels.jsonl:2: The value of “label” must be a number from -1e+15 to 1e+15."]


def test_labels_of_numbers_are_a_problem(numbers: Path) -> None:
    replace(numbers / "challenge.yaml", "limits:", "labels: [good, bad]\nlimits:")
    assert problems_of(numbers) == ["challenge.yaml:14: labels: This task has no labels."]


def test_listed_tags_are_tags(tags: Path) -> None:
    replace(tags / "challenge.yaml", "[O, B-PER,", "[O, B-PER, person, U-PER,")
    assert problems_of(tags)[0] == (
        "challenge.yaml:13: labels: A tag is O, or B- or I- and the name of a type; these are not: person, U-PER."
    )


def test_listed_tags_are_in_training(tags: Path) -> None:
    replace(tags / "challenge.yaml", "[O, B-PER,", "[O, B-ORG, B-PER,")
    assert problems_of(tags) == ["train.jsonl: No example has the label “B-ORG”."]


def test_without_a_list_the_tags_are_those_of_training(tags: Path) -> None:
    replace(tags / "challenge.yaml", "labels: [O, B-PER, I-PER, B-LOC, I-LOC]\n", "")
    assert problems_of(tags) == []
    edit(tags / "validation.jsonl", 1, ner_tags=["B-ORG", *["O"] * 6])
    assert problems_of(tags) == ["validation.jsonl:1: Tag 1 is none of the challenge's labels."]


def test_numbers_that_are_all_the_same_teach_nothing(numbers: Path) -> None:
    for line in range(1, 17):
        edit(numbers / "train.jsonl", line, label=3.0 if line % 2 else 3)
    assert problems_of(numbers) == ["train.jsonl: All examples have the same value: there is nothing to learn."]


def test_too_many_labels(tags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MAX_LABELS", 4)
    assert problems_of(tags) == ["train.jsonl: There are more than 4 labels."]


def test_the_same_words_in_training_and_test_are_a_leak_however_divided(tags: Path) -> None:
    tokens = ["We", "SWAM", "in the", "lake", "near", "bled", "until", "it", "was", "dark", "."]
    edit(tags / "test.jsonl", 2, tokens=tokens)
    edit(tags / "test_labels.jsonl", 2, ner_tags=["O"] * len(tokens))
    (found,) = problems_of(tags)
    assert found.startswith("test.jsonl:2: The input at train.jsonl:5, with its label, differs in case, spaces,")
