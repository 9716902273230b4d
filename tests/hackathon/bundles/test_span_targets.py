"""Answers to questions in a bundle: every one is in its context where it is said to be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hackathon.answers import answers_of
from hackathon.bundles.rows import Row
from hackathon.bundles.values import MAX_ANSWERS
from tests.hackathon.bundles.pictures import edit, read_rows
from tests.hackathon.bundles.test_reading import problems_of
from tests.hackathon.bundles.test_targets import EXAMPLES
from training_worker.contract.tasks import TASKS
from training_worker.metrics import output_of

SPEC = TASKS["question-answering"]
CONTEXT = "Ada was born in 1815, in London."


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "museum-questions", tmp_path / "questions"))


def asked(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    return {"text": [text for text, _ in pairs], "answer_start": [start for _, start in pairs]}


def test_the_example_has_no_problem() -> None:
    assert problems_of(EXAMPLES / "museum-questions") == []


@pytest.mark.parametrize(
    "value",
    [
        "1815",
        ["1815"],
        {},
        {"text": ["1815"]},
        {"text": ["1815"], "answer_start": []},
        {"text": "1815", "answer_start": 16},
        {"text": [1815], "answer_start": [16]},
        {"text": [" "], "answer_start": [3]},
        {"text": ["1815"], "answer_start": ["16"]},
        {"text": ["1815"], "answer_start": [16.0]},
        {"text": ["1815"], "answer_start": [True]},
        {"text": ["1815"], "answer_start": [-16]},
        {"text": ["1815"], "answer_start": [16], "answer_end": [20]},
        asked(*[("1815", 16)] * (MAX_ANSWERS + 1)),
    ],
)
def test_answers_are_two_lists(questions: Path, value: Any) -> None:
    edit(questions / "train.jsonl", 2, context=CONTEXT, answers=value)
    (found,) = problems_of(questions)
    assert found.startswith("train.jsonl:2: The value of “answers” must be an object with “text” and “answer_start”")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (asked(("1815", 16), ("London", 25)), ""),
        (asked(), ""),
        (asked((CONTEXT, 0)), ""),
        (asked(("1815", 15)), "Answer 1 is not in its context at its answer_start."),
        (asked(("1815", 16), ("Paris", 25)), "Answer 2 is not in its context at its answer_start."),
        (asked(("London. ", 25)), "Answer 1 is not in its context at its answer_start."),
        (asked(("1815", 10**9)), "Answer 1 is not in its context at its answer_start."),
        (asked(("london", 25)), "Answer 1 is not in its context at its answer_start."),
    ],
)
def test_an_answer_is_in_its_context(questions: Path, answers: Any, expected: str) -> None:
    edit(questions / "validation.jsonl", 2, context=CONTEXT, answers=answers)
    assert problems_of(questions) == ([f"validation.jsonl:2: {expected}"] if expected else [])


@pytest.mark.parametrize("hidden", [asked(("HIDDEN", 3)), {"text": ["HIDDEN"], "answer_start": []}, "HIDDEN"])
def test_no_problem_repeats_a_hidden_answer(questions: Path, hidden: Any) -> None:
    edit(questions / "test_labels.jsonl", 1, answers=hidden)
    (found,) = problems_of(questions)
    assert found.startswith("test_labels.jsonl:1: ")
    assert "HIDDEN" not in found


def test_a_hidden_answer_is_judged_by_the_context_of_its_item(questions: Path) -> None:
    context = read_rows(questions / "test.jsonl")[0]["context"]
    edit(questions / "test_labels.jsonl", 1, answers=asked((context[4:9], 4)))
    assert problems_of(questions) == []
    edit(questions / "test_labels.jsonl", 1, answers=asked((context[4:9], 5)))
    assert problems_of(questions) == ["test_labels.jsonl:1: An answer is not in its context at its answer_start."]


def test_questions_without_any_answer_teach_nothing(questions: Path) -> None:
    for line in range(1, 17):
        edit(questions / "train.jsonl", line, answers=asked())
    assert problems_of(questions) == ["train.jsonl: No question has an answer: there is nothing to learn."]


@pytest.mark.parametrize(("column", "value"), [("question", " "), ("context", ""), ("context", ["a"])])
def test_texts_are_texts(questions: Path, column: str, value: Any) -> None:
    edit(questions / "train.jsonl", 1, answers=asked(), **{column: value})
    (found,) = problems_of(questions)
    assert found.startswith(f"train.jsonl:1: The value of “{column}”")


def test_the_same_question_to_the_same_context_in_training_is_a_leak(questions: Path) -> None:
    row = read_rows(questions / "train.jsonl")[2]
    edit(questions / "test.jsonl", 2, question=row["question"].upper(), context=row["context"])
    edit(questions / "test_labels.jsonl", 2, answers=asked())
    (found,) = problems_of(questions)
    assert found.startswith("test.jsonl:2: The input at train.jsonl:3, with its label, differs in case")


def test_no_line_of_predictions_is_larger_than_it_is_said_to_be() -> None:
    context = 'A "part" of\nthe \\ conté\tx.'
    row = Row(1, {"id": "i1", "question": "q", "context": context})
    spans = [context[a:b] for a in range(len(context)) for b in range(a, len(context) + 1)]
    lines = output_of("span").lines(["i1"] * len(spans), spans, ())
    assert max(len(line.encode()) + 1 for line in lines) == answers_of("span").largest_line(row, SPEC, ())


def test_both_parts_of_the_test_set_get_their_share_of_questions_without_an_answer() -> None:
    assert answers_of("span").strata([asked(("a", 0)), asked()]) == ["answerable", "unanswerable"]
