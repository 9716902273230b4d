"""Spans by SQuAD's own rules, and what else is asked of an output."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.report import ExampleKind
from training_worker.contract.squad import normalize_answer, references_of
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.spans import LONGEST_ANSWER

OUTPUT = output_of("span")
IDS = ["a", "b"]

words = st.sampled_from(["the", "a", "Cat", "cat.", "dog", "--", "1902", "an", "café", "THE", ""])
texts = st.lists(words, max_size=5).map(" ".join)
cases = st.lists(st.tuples(st.lists(texts, max_size=3), st.none() | texts), min_size=1, max_size=8)


def truth_of(*references: list[str]) -> Any:
    values = [{"text": found, "answer_start": [0] * len(found)} for found in references]
    return OUTPUT.read_truth(values, ())


def script_normalize(text: str) -> str:
    """As the evaluation script 2.0 does it, step by step."""
    text = "".join(char for char in text.lower() if char not in set(string.punctuation))
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", text).split())


def script_scores(references: list[str], answer: str) -> tuple[float, float]:
    """(exact, F1): the maximum over the references, those that are empty when normalised left out."""
    gold = [text for text in references if script_normalize(text)] or [""]
    exact = max(int(script_normalize(text) == script_normalize(answer)) for text in gold)
    return exact, max(script_f1(script_normalize(text).split(), script_normalize(answer).split()) for text in gold)


def script_f1(gold: list[str], given: list[str]) -> float:
    if len(gold) == 0 or len(given) == 0:
        return float(gold == given)
    left, same = list(gold), 0
    for word in given:
        if word in left:
            left.remove(word)
            same += 1
    if same == 0:
        return 0.0
    precision, recall = same / len(given), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@given(cases)
def test_values_are_those_of_the_script(case: list[tuple[list[str], str | None]]) -> None:
    truth, answers = truth_of(*(found for found, _ in case)), [answer for _, answer in case]
    scores = [(0, 0.0) if answer is None else script_scores(found, answer) for found, answer in case]
    assert OUTPUT.value("exact_match", truth, answers, ()) == pytest.approx(np.mean([exact for exact, _ in scores]))
    assert OUTPUT.value("squad_f1", truth, answers, ()) == pytest.approx(np.mean([f1 for _, f1 in scores]))


@given(st.text(max_size=40))
def test_normalising_is_that_of_the_script(text: str) -> None:
    assert normalize_answer(text) == script_normalize(text)


@given(cases)
def test_no_answer_is_never_better_than_any_answer(case: list[tuple[list[str], str | None]]) -> None:
    truth, answers = truth_of(*(found for found, _ in case)), [answer for _, answer in case]
    for metric in OUTPUT.metrics:
        assert OUTPUT.value(metric, truth, [None, *answers[1:]], ()) <= OUTPUT.value(metric, truth, answers, ())


def test_saying_that_there_is_no_answer_is_right_only_where_there_is_none() -> None:
    truth = truth_of([], ["the Cat"], ["the"])
    assert OUTPUT.items(truth, ["", "", ""], ())["exact_match"].tolist() == [1, 0, 1]
    assert OUTPUT.items(truth, [None, "cat!", "a"], ())["squad_f1"].tolist() == [0, 1, 1]
    assert references_of(["the", "Cat", "Cat"]) == ("Cat",)


def test_errors_are_those_of_means_over_groups() -> None:
    truth = truth_of(*([["cat"], []] * 20))
    answers = ["cat", "cat", "dog", ""] * 10
    estimate = OUTPUT.estimate("exact_match", truth, answers, ())
    assert estimate.value == 0.5
    assert estimate.se == pytest.approx(np.std([1, 0, 0, 1] * 10, ddof=1) / np.sqrt(40))
    grouped = OUTPUT.estimate("exact_match", truth, answers, (), np.arange(40) // 4)
    assert grouped.se == pytest.approx(0.0, abs=1e-12)


def test_items_with_and_without_an_answer_have_their_own_scores() -> None:
    assert OUTPUT.per_class(truth_of(["cat"], [], []), ["cat", "", "x"], ()) == {"answerable": 1.0, "unanswerable": 0.5}
    assert OUTPUT.per_class(truth_of(["cat"]), ["cat"], ()) == {}


def test_the_dummy_gives_what_is_right_most_often() -> None:
    assert OUTPUT.dummy(truth_of(["None"], ["1"], ["none.", "x"]), ()) == ["none"] * 3
    assert OUTPUT.dummy(truth_of([], ["1"], []), ()) == [""] * 3


def test_truth_must_be_answers() -> None:
    with pytest.raises(ValueError, match=r"^3 values are not lists of texts and their starts$"):
        OUTPUT.read_truth([{"text": ["canary"]}, "canary", {"text": ["x"], "answer_start": []}], ())


def read(content: bytes) -> Any:
    return OUTPUT.read_answers(split_lines(content), IDS, truth_of(["x"], []), ())


def test_what_is_written_is_read_again() -> None:
    lines = OUTPUT.lines(IDS, ["é \u2028", None], ())
    assert json.loads(lines[1]) == {"id": "b", "answer": None}
    assert read("\n".join(reversed(lines)).encode()) == ["é \u2028", None]


def test_an_answer_that_is_too_long_is_none() -> None:
    longest = "x" * LONGEST_ANSWER
    rows = [{"id": "a", "answer": longest}, {"id": "b", "answer": longest + "x"}]
    assert read(jsonl(rows)) == [longest, None]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "missing ids: 2"),
        ([{"id": "a", "answer": ""}], "missing ids: 1"),
        ([{"id": "a", "answer": ""}, {"id": "a", "answer": "x"}, {"id": "b", "answer": ""}], "doubled ids: 1"),
        ([{"id": name, "answer": ""} for name in "abc"], "unknown ids: 1"),
        ([{"id": "a", "answer": 7}, {"id": "b", "answer": ["canary"]}], "not texts: 2"),
        ([{"id": "a", "answer": "x"}, {"id": "b", "answers": "x"}], "missing ids: 1; not a prediction: 1"),
    ],
)
def test_what_is_wrong_is_named_and_counted(rows: list[Any], message: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        read(jsonl(rows))
    assert str(caught.value) == message


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        read(content)


def report_of(answers: list[str | None], base: list[str | None] | None = None) -> Any:
    references: list[list[str]] = [["the red cat"], [], ["1902"], ["dog"]]
    rows = [{"id": f"val-{n}", "question": "who?", "context": "x" * 6000} for n in range(4)]
    return OUTPUT.report(rows, ["question", "context"], truth_of(*references), answers, base, (), OUTPUT.metrics)


def test_examples_go_by_their_f1() -> None:
    made = report_of(["red", "", None, "dog"], ["red cat", "x", "1902", ""])
    shown = {group.kind: [example.id for example in group.examples] for group in made.groups}
    assert shown == {
        ExampleKind.LARGEST_ERROR: ["val-2", "val-0"],
        ExampleKind.SMALLEST_ERROR: ["val-3", "val-1"],
        ExampleKind.IMPROVED: ["val-1", "val-3"],
        ExampleKind.REGRESSED: ["val-2", "val-0"],
    }
    missing, partly = made.groups[0].examples
    assert (missing.predicted, missing.base_predicted, missing.error) == (None, "1902", 1.0)
    assert (partly.target, partly.predicted) == ({"text": ["the red cat"], "answer_start": [0]}, "red")
    assert partly.error == pytest.approx(1 / 3)
    assert len(partly.inputs["context"]) == 5000
    assert {row.name: row.base for row in made.metrics}["exact_match"] == pytest.approx(0.5)


def test_one_answer_to_every_question_is_a_collapse() -> None:
    found = report_of(["", "", "", ""]).collapse
    assert (found.answer, found.share) == ("", 1.0)
    assert report_of(["the cat"] * 4).collapse.answer == "cat"
    assert report_of(["", "1902", "dog", None]).collapse is None
    assert report_of([None] * 4).collapse is None
