"""Texts with a hidden word in a bundle, and as a page shows them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from evaluation.report.examples import shown_example
from hackathon.answers import answers_of
from hackathon.bundles.rows import Row
from hackathon.presentation.shown import shown_row
from tests.hackathon.bundles.pictures import edit
from tests.hackathon.bundles.test_reading import problems_of
from training_worker.contract.report import Example
from training_worker.contract.tasks import TASKS
from training_worker.contract.words import LONGEST_WORD, MOST_WORDS
from training_worker.metrics import output_of

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "missing-words"
SPEC = TASKS["fill-mask"]
KIND = answers_of("words")
TEXT = "The value of “text” must be a text with [MASK] in the place of one word, and only once."


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "texts"))


def test_the_example_has_no_problem() -> None:
    assert problems_of(EXAMPLE) == []


@pytest.mark.parametrize("name", ["train", "validation", "test"])
@pytest.mark.parametrize("text", ["No word is hidden.", "[MASK] and [MASK]", "<mask>", "", 5])
def test_a_text_hides_one_word(texts: Path, name: str, text: Any) -> None:
    edit(texts / f"{name}.jsonl", 2, text=text)
    assert problems_of(texts) == [f"{name}.jsonl:2: {TEXT}"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("two words", "The answer must be one word."),
        ("[MASK]", "The answer must be one word."),
        ("\u0301", "The answer must be one word."),
        ("x" * (LONGEST_WORD + 1), f"The answer has more than {LONGEST_WORD} characters."),
        (" ", "The value of “answer” is empty."),
    ],
)
def test_an_answer_is_one_word(texts: Path, answer: str, problem: str) -> None:
    edit(texts / "test_labels.jsonl", 1, answer=answer)
    assert problems_of(texts) == [f"test_labels.jsonl:1: {problem}"]


def example(**fields: Any) -> dict[str, Any]:
    inputs = {"text": "<b>The</b> [MASK] sat on the mat."}
    return {"example": shown_example(Example(id="1", inputs=inputs, **fields), SPEC, str, True)}


def test_the_page_marks_the_place_and_has_a_bar_for_each_word() -> None:
    guesses = [{"word": "<dog>", "probability": 0.75}, {"word": "Cat", "probability": 0.2}]
    values = example(target="cat", predicted=guesses, confidence=0.75, base_predicted=None)
    shown = " ".join(render_to_string("hackathon/presentation/_masked.html", values).split())
    assert '<mark class="entity" >[MASK]</mark>' in shown
    assert "mark-name" not in shown
    assert "&lt;b&gt;The" in shown
    assert "<bdi>&lt;dog&gt;</bdi>" in shown
    assert shown.count("<meter") == 2
    assert shown.count('<li class="right">') == 1, "the right word, whatever its case"
    assert 'value="0.7500"' in shown
    assert "no answer" in shown, "of the base model"


def test_the_data_tab_shows_the_truth() -> None:
    row = {"id": "1", "text": "The [MASK] sat.", "answer": "cat"}
    shown = render_to_string("hackathon/presentation/_masked.html", {"example": shown_row(row, SPEC, str)})
    assert "Right word" in shown
    assert "<b>cat</b>" in shown


def test_what_a_node_sends_can_be_shown_or_is_refused() -> None:
    assert KIND.holds("cat")
    assert KIND.holds([{"word": "cat", "probability": 0.5}])
    for bad in (["cat"], [{"word": "cat"}], [{"word": 1, "probability": 0.5}], [{"word": "a", "probability": 2}], 5):
        assert not KIND.holds(bad)
    assert KIND.is_right([{"word": "Cat", "probability": 0.5}], "cat")
    assert not KIND.is_right(None, "cat")


def test_a_line_of_predictions_is_no_longer_than_said() -> None:
    guesses = [("𝔴" * LONGEST_WORD, 0.999999)] * MOST_WORDS
    (line,) = output_of("words").lines(["1"], [guesses], ())
    assert len(line.encode()) + 1 <= KIND.largest_line(Row(1, {"id": "1"}), SPEC, ())
