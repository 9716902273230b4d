"""Lists of candidates and their relevances in a bundle, and as a page shows them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from hackathon.answers import answers_of
from hackathon.answers.rankings import MOST_CANDIDATES
from hackathon.presentation.shown import shown_row
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.test_reading import problems_of
from training_worker.contract.tasks import TASKS

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
SPEC = TASKS["text-ranking"]
KIND = answers_of("ranking")
ROW = {"id": "1", "query": "<b>Why?</b>", "candidates": ["no", "because", "so"], "relevances": [0, 2, 1]}
TWO = ["one", "other"]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "cooking-questions", tmp_path / "lists"))


@pytest.mark.parametrize(
    ("relevances", "problem"),
    [
        ([1, 0, 0], "Each candidate needs a relevance: 2 candidates, 3 relevances."),
        ([1, -1], "A relevance must not be below 0."),
        ([0, 0], "No candidate is relevant: one must have a relevance above 0."),
        ([], "The value of “relevances” must be a list of 1 to 5000 numbers."),
        ([1, "0"], "The value of “relevances” must be a list of 1 to 5000 numbers."),
        ([True, 0], "The value of “relevances” must be a list of 1 to 5000 numbers."),
        (1, "The value of “relevances” must be a list of 1 to 5000 numbers."),
    ],
)
def test_relevances_fit_their_candidates(lists: Path, relevances: Any, problem: str) -> None:
    edit(lists / "train.jsonl", 1, candidates=TWO, relevances=relevances)
    assert problems_of(lists) == [f"train.jsonl:1: {problem}"]


def test_a_hidden_answer_is_judged_beside_its_test_item(lists: Path) -> None:
    edit(lists / "test_labels.jsonl", 2, relevances=[7777, 0, 0, 0])
    assert problems_of(lists) == ["test_labels.jsonl:2: Each candidate needs a relevance: 2 candidates, 4 relevances."]


def test_a_list_has_an_end(lists: Path) -> None:
    many = [f"answer {number}" for number in range(MOST_CANDIDATES + 1)]
    edit(lists / "train.jsonl", 1, candidates=many, relevances=[1] * len(many))
    assert problems_of(lists) == ["train.jsonl:1: There are more than 100 candidates."]


def test_the_truth_is_in_the_right_order_and_an_answer_in_its_own() -> None:
    (truth,) = shown_row(ROW, SPEC, str).answers
    assert [one.text for one in truth.ranked] == ["because", "so", "no"]
    answer = KIND.shown("Prediction", [0.9, 0.1, 0.5], other=[0, 2, 1], inputs=ROW, task=SPEC)
    assert [(one.text, one.relevance, one.score) for one in answer.ranked] == [
        ("no", 0, "0.9"),
        ("so", 1, "0.5"),
        ("because", 2, "0.1"),
    ]
    assert KIND.shown("Prediction", None, other=[0, 2, 1], inputs=ROW, task=SPEC).text == ""
    assert KIND.shown("Prediction", [0.5], other=[0, 2, 1], inputs=ROW, task=SPEC).ranked[0].text == "no"


def test_the_page_marks_what_is_relevant() -> None:
    shown = render_to_string("hackathon/presentation/_ranking.html", {"example": shown_row(ROW, SPEC, str)})
    assert "&lt;b&gt;Why?&lt;/b&gt;" in shown
    assert shown.count('class="relevant"') == 2
    assert "relevance 2" in shown


def test_a_line_of_predictions_is_no_longer_than_said() -> None:
    from hackathon.bundles.rows import Row

    scores = [-1.23456789e-300] * 3
    line = f'{{"id": "1", "scores": {scores}}}\n'
    assert len(line) <= KIND.largest_line(Row(1, ROW), SPEC, ())
