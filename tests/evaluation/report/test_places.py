"""Answers that are parts of a text, marked in it: the truth, the run's answer, the base model's."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from evaluation.report.examples import shown_example
from hackathon.presentation.places import AROUND, CUT, Mark, Piece, marked, place_of
from hackathon.presentation.shown import presentation_of, shown_row
from tests.evaluation.report.made_up import example
from training_worker.contract.tasks import TASKS

SPEC = TASKS["question-answering"]
CONTEXT = "one two two three"


@pytest.mark.parametrize(
    ("text", "starts", "expected"),
    [
        ("two", [4], (4, 7)),
        ("two", [8], (8, 11)),
        ("two", [], (4, 7)),
        ("two", [5], (4, 7)),
        ("two", [7], (8, 11)),
        ("two", [99], (8, 11)),
        ("two", [-1], (4, 7)),
        ("four", [4], None),
        ("", [4], None),
    ],
)
def test_a_text_is_marked_where_it_is_meant(text: str, starts: list[int], expected: Any) -> None:
    assert place_of(text, starts, CONTEXT) == expected


def test_marks_may_overlap() -> None:
    marks = [Mark(4, 11, "truth", "t"), Mark(8, 17, "run", "r"), Mark(8, 11, "base", "b")]
    assert marked(CONTEXT, marks) == (
        Piece("one "),
        Piece("two ", "t"),
        Piece("two", "t r b", "truth, base"),
        Piece(" three", "r", "run"),
    )


def test_marks_outside_of_the_text_are_left_out() -> None:
    assert marked(CONTEXT, [Mark(12, 99, "x", "x"), Mark(-1, 3, "y", "y"), Mark(3, 3, "z", "z")]) == ()


def test_what_is_far_from_all_marks_is_cut() -> None:
    whole = "a" * 1000 + "b" + "c" * 1000
    pieces = marked(whole, [Mark(1000, 1001, "x", "x")])
    assert [piece.text for piece in pieces] == [CUT, "a" * AROUND, "b", "c" * AROUND, CUT]
    assert "".join(piece.text for piece in marked(whole, [Mark(0, 2001, "x", "x")])) == whole


def shown(target: Any, predicted: Any, base: Any = None, context: str = CONTEXT) -> Any:
    inputs = {"question": "Which?", "context": context}
    return shown_example(example("val-0", target, predicted, base, inputs=inputs, error=0.5), SPEC, str, True)


def asked(text: str, start: int) -> dict[str, Any]:
    return {"text": [text], "answer_start": [start]}


def test_an_example_shows_its_context_with_all_answers() -> None:
    found = shown(asked("two three", 8), "two", "one")
    assert [(piece.text, piece.tones) for piece in found.passage] == [
        ("one", "base"),
        (" two ", ""),
        ("two", "truth prediction"),
        (" three", "truth"),
    ]
    page = render_to_string(presentation_of(SPEC), {"example": found})
    assert '<mark class="truth prediction">two</mark>' in page.replace("\n", "")
    assert "1 − F1 = 0.50" in page
    assert [answer.is_right for answer in found.answers] == [None, False, False]


def test_answers_are_right_as_squad_compares_them() -> None:
    assert shown(asked("two three", 8), "The two, three").answers[1].is_right
    assert shown({"text": [], "answer_start": []}, "").answers[1].is_right
    nothing = shown({"text": [], "answer_start": []}, None, "")
    assert [answer.is_right for answer in nothing.answers[1:]] == [False, True]
    assert [answer.text for answer in nothing.answers] == ["no answer in the context", "", "no answer in the context"]
    assert nothing.passage == ()
    assert CONTEXT in render_to_string(presentation_of(SPEC), {"example": nothing})


def test_a_long_context_is_shown_where_its_answers_are() -> None:
    found = shown(asked("goal", 2000), "goal", context="x" * 2000 + "goal" + "y" * 2000)
    assert "".join(piece.text for piece in found.passage) == CUT + "x" * AROUND + "goal" + "y" * AROUND + CUT


@pytest.mark.parametrize(
    "target", [{}, {"text": "x"}, {"text": [7], "answer_start": ["a"]}, {"answer_start": [1]}, "x"]
)
def test_odd_answers_of_a_node_are_shown_somehow(target: Any) -> None:
    for predicted in ({}, {"text": []}, "two", None):
        render_to_string(presentation_of(SPEC), {"example": shown(target, predicted)})


def test_a_row_of_the_data_shows_its_answer() -> None:
    row = {"id": "1", "question": "Which?", "context": CONTEXT, "answers": asked("three", 12)}
    found = shown_row(row, SPEC, str)
    assert found.passage[-1] == Piece("three", "truth", "True answer")
    assert found.answers[0].text == "three"


def test_a_relation_shows_both_entities_in_the_text() -> None:
    spec = TASKS["relation-extraction"]
    row = {"id": "1", "text": CONTEXT, "head": {"start": 4, "end": 7}, "tail": {"start": 12, "end": 17}, "label": "x"}
    found = shown_row(row, spec, str)
    assert [(piece.text, piece.tones, piece.ends) for piece in found.passage] == [
        ("one ", "", ""),
        ("two", "entity", "head"),
        (" two ", "", ""),
        ("three", "entity", "tail"),
    ]
    page = render_to_string(presentation_of(spec), {"example": found})
    assert '<mark class="entity">two</mark><small class="mark-name">head</small>' in page.replace("\n", "")
    for odd in ({}, {"start": "4", "end": 7}, {"start": 9, "end": 7}, {"start": 0, "end": 10**9}):
        render_to_string(presentation_of(spec), {"example": shown_row(row | {"head": odd}, spec, str)})


def test_choices_are_shown_with_the_answers_that_chose_them() -> None:
    spec, inputs = TASKS["multiple-choice"], {"question": "Which?", "choices": ["a", "b", "c"]}
    found = shown_example(example("val-0", 1, 1, 2, inputs=inputs), spec, str, True)
    assert found.choices == [
        Piece("a"),
        Piece("b", "truth prediction", "Right choice, Prediction"),
        Piece("c", "base", "Base model"),
    ]
    assert [(answer.text, answer.is_right) for answer in found.answers] == [("b", None), ("b", True), ("c", False)]
    page = render_to_string(presentation_of(spec), {"example": found})
    assert '<li dir="auto" class="truth prediction">b' in page
    for odd in (7, -1, None):
        render_to_string(
            presentation_of(spec), {"example": shown_example(example("1", 1, odd, inputs=inputs), spec, str, True)}
        )
