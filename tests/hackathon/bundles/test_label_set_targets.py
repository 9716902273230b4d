"""Sets of labels in a bundle."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hackathon.answers import answers_of
from hackathon.bundles.reading import inspect_bundle
from hackathon.bundles.rows import Row
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.test_reading import problems_of
from tests.hackathon.bundles.test_targets import EXAMPLES, replace
from training_worker.contract.tasks import TASKS
from training_worker.metrics import output_of

SPEC = TASKS["multi-label-classification"]
LISTED = "labels: [roads, parks, schools, noise]\n"


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "letters-to-the-city", tmp_path / "letters"))


def test_the_example_has_no_problem() -> None:
    assert problems_of(EXAMPLES / "letters-to-the-city") == []


@pytest.mark.parametrize("value", ["roads", ["roads", "roads"], [1], [None], ["roads", " "], {"roads": 1}, [["roads"]]])
def test_labels_are_a_list_of_different_strings(letters: Path, value: Any) -> None:
    edit(letters / "train.jsonl", 2, labels=value)
    (found,) = problems_of(letters)
    assert found.startswith("train.jsonl:2: The value of “labels” must be a list of different strings")


def test_labels_are_those_of_the_challenge(letters: Path) -> None:
    edit(letters / "validation.jsonl", 2, labels=["parks", "taxes"])
    assert problems_of(letters) == ["validation.jsonl:2: The label “taxes” is none of the challenge's labels."]


def test_no_problem_repeats_a_hidden_label(letters: Path) -> None:
    edit(letters / "test_labels.jsonl", 2, labels=["HIDDEN"])
    assert problems_of(letters) == ["test_labels.jsonl:2: A label is none of the challenge's labels."]


def test_a_row_may_have_no_label_but_not_all_rows(letters: Path) -> None:
    replace(letters / "challenge.yaml", LISTED, "")
    found = inspect_bundle(letters).bundle
    assert found is not None
    assert found.labels == ("noise", "parks", "roads", "schools")
    for line in range(1, 17):
        edit(letters / "train.jsonl", line, labels=[])
    assert "train.jsonl: There must be at least two labels." in problems_of(letters)


def test_no_line_of_predictions_is_larger_than_it_is_said_to_be() -> None:
    labels = [f"label {number}" for number in range(7)]
    rows = [Row(1, {"id": f"i{index}", "text": "x"}) for index in range(200)]
    answers = np.random.default_rng(0).random((200, 7))
    for row, line in zip(rows, output_of("labels").lines([row.id for row in rows], answers, labels), strict=True):
        assert len(line.encode()) + 1 <= answers_of("labels").largest_line(row, SPEC, labels)


def test_a_stratum_is_an_items_rarest_label() -> None:
    targets = [["a", "b"], ["a"], [], ["a", "c"], ["b", "a"]]
    assert answers_of("labels").strata(targets) == ["b", "a", "", "c", "b"]
    assert answers_of("labels").strata(targets[::-1]) == ["b", "c", "", "a", "b"]
