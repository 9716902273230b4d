"""Choices in a bundle: the right one is among them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hackathon.answers import answers_of
from hackathon.bundles.rows import Row
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.test_reading import problems_of
from tests.hackathon.bundles.test_targets import EXAMPLES
from training_worker.contract.tasks import TASKS
from training_worker.metrics import output_of

SPEC = TASKS["multiple-choice"]


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "what-comes-next", tmp_path / "stories"))


def test_the_example_has_no_problem() -> None:
    assert problems_of(EXAMPLES / "what-comes-next") == []


@pytest.mark.parametrize(
    ("choices", "label", "expected"),
    [
        (["a", "b"], 0, ""),
        (["a", "b", "c"], 2, ""),
        (["a", "b"], 2, "The label 2 is the number of none of the choices 0 … 1."),
        (["a", "b"], -1, "The label -1 is the number of none of the choices 0 … 1."),
        (["a"], 0, "There must be at least two choices."),
        (["a", "b", "a"], 1, "Choice 2 is there twice."),
        (["a", "b"], "0", "The value of “label” must be a whole number."),
        (["a", "b"], True, "The value of “label” must be a whole number."),
        (["a", "b"], 0.0, "The value of “label” must be a whole number."),
    ],
)
def test_the_right_choice_is_one_of_them(stories: Path, choices: list[str], label: Any, expected: str) -> None:
    edit(stories / "train.jsonl", 2, choices=choices, label=label)
    assert problems_of(stories) == ([f"train.jsonl:2: {expected}"] if expected else [])


@pytest.mark.parametrize("value", ["a", [], ["a", ""], ["a", 1]])
def test_choices_are_a_list_of_texts(stories: Path, value: Any) -> None:
    edit(stories / "test.jsonl", 2, choices=value)
    (found,) = problems_of(stories)
    assert found.startswith("test.jsonl:2: The value of “choices” must be a list")


def test_no_problem_repeats_a_hidden_number(stories: Path) -> None:
    edit(stories / "test_labels.jsonl", 2, label=31)
    assert problems_of(stories) == [
        "test_labels.jsonl:2: The label is the number of none of the choices, which count from 0."
    ]


def test_choices_of_the_test_set_are_judged_too(stories: Path) -> None:
    edit(stories / "test.jsonl", 2, choices=["a", "a"])
    edit(stories / "test_labels.jsonl", 2, label=0)
    assert problems_of(stories) == ["test.jsonl:2: Choice 1 is there twice."]


def test_no_line_of_predictions_is_larger_than_it_is_said_to_be() -> None:
    scores = [np.array([-1.23456789e-300, -123456789.125, 0.1])] * 3
    row = Row(1, {"id": "i1", "question": "q", "choices": ["a", "b", "c"]})
    for line in output_of("choice").lines(["i1"] * 3, scores, ()):
        assert len(line.encode()) + 1 <= answers_of("choice").largest_line(row, SPEC, ())
