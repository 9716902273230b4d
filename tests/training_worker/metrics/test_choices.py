"""Choices against scikit-learn, and what else is asked of an output."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.report import ExampleKind
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions

OUTPUT = output_of("choice")
IDS = ["a", "b"]

scores = st.lists(st.sampled_from([-1e300, -2.5, 0.0, 1.0, 7.25]), max_size=4)
cases = st.lists(st.tuples(st.integers(0, 3), scores), min_size=1, max_size=10)


def answers_of(*rows: list[float]) -> list[Any]:
    return [np.array(row, dtype=float) for row in rows]


@given(cases)
def test_accuracy_is_scikit_learns(case: list[tuple[int, list[float]]]) -> None:
    truth, answers = np.array([right for right, _ in case]), answers_of(*(row for _, row in case))
    predicted = [row.index(max(row)) if row else -1 for _, row in case]
    assert OUTPUT.value("accuracy", truth, answers, ()) == pytest.approx(accuracy_score(truth, predicted))
    without = [np.empty(0), *answers[1:]]
    assert OUTPUT.value("accuracy", truth, without, ()) <= OUTPUT.value("accuracy", truth, answers, ())


def test_error_is_that_of_the_mean() -> None:
    truth, answers = np.array([0, 1] * 20), answers_of(*[[1.0, 0.0]] * 40)
    estimate = OUTPUT.estimate("accuracy", truth, answers, ())
    assert (estimate.value, estimate.se) == (0.5, pytest.approx(np.std([0, 1] * 20, ddof=1) / np.sqrt(40)))
    with pytest.raises(KeyError):
        OUTPUT.value("f1_macro", truth, answers, ())


def test_the_dummy_gives_the_most_frequent_place() -> None:
    found = OUTPUT.dummy(np.array([2, 1, 2]), ())
    assert OUTPUT.items(np.array([2, 1, 2]), found, ())["predicted"].tolist() == [2, 2, 2]


def test_truth_is_numbers_of_choices() -> None:
    assert OUTPUT.read_truth([0, 3], ()).tolist() == [0, 3]
    with pytest.raises(ValueError, match=r"^4 values are not numbers of choices$"):
        OUTPUT.read_truth(["canary", -1, True, 1.0, 1], ())


def read(content: bytes) -> Any:
    return OUTPUT.read_answers(split_lines(content), IDS, np.array([0, 1]), ())


def test_what_is_written_is_read_again() -> None:
    lines = OUTPUT.lines(IDS, answers_of([-1.5, 1e30, 0.123456789], []), ())
    assert [json.loads(line)["scores"] for line in lines] == [[-1.5, 1e30, 0.123456789], []]
    assert [row.tolist() for row in read("\n".join(reversed(lines)).encode())] == [[-1.5, 1e30, 0.123456789], []]
    assert json.loads(OUTPUT.lines(["a"], answers_of([np.nan, 1.0]), ())[0])["scores"] == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "missing ids: 2"),
        ([{"id": name, "scores": []} for name in "aab"], "doubled ids: 1"),
        ([{"id": name, "scores": []} for name in "abc"], "unknown ids: 1"),
        ([{"id": "a", "scores": [1] * 1001}, {"id": "b", "scores": []}], "wrong length: 1"),
        ([{"id": "a", "scores": ["x"]}, {"id": "b", "scores": [None]}], "not numbers: 2"),
        ([{"id": "a", "scores": [True]}, {"id": "b", "scores": [[1]]}], "not numbers: 2"),
        ([{"id": "a", "scores": [float("inf")]}, {"id": "b", "scores": [10**400]}], "not finite: 2"),
        ([{"id": "a", "scores": 1}, {"id": "b", "label": 1}], "missing ids: 2; not a prediction: 2"),
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


def report_of(answers: list[Any]) -> Any:
    rows = [{"id": f"val-{n}", "question": "q", "choices": ["a", "b", "c"]} for n in range(4)]
    base = answers_of([0, 1, 0], [0, 1, 0], [0, 0, 1], [])
    return OUTPUT.report(rows, ["question", "choices"], np.array([0, 1, 2, 1]), answers, base, (), OUTPUT.metrics)


def test_examples_go_by_their_confidence() -> None:
    made = report_of(answers_of([2, 1, 0], [3, 0, 0], [0, 0, 9], []))
    assert {group.kind: [example.id for example in group.examples] for group in made.groups} == {
        ExampleKind.ERROR: ["val-1", "val-3"],
        ExampleKind.UNCERTAIN: ["val-0"],
        ExampleKind.CONFIDENT: ["val-2"],
        ExampleKind.IMPROVED: ["val-0"],
        ExampleKind.REGRESSED: ["val-1"],
    }
    wrong, missing = made.groups[0].examples
    assert (wrong.target, wrong.predicted, wrong.base_predicted) == (1, 0, 1)
    assert wrong.confidence == pytest.approx(np.exp(3) / (np.exp(3) + 2))
    assert wrong.target_confidence == pytest.approx(1 / (np.exp(3) + 2))
    assert (missing.predicted, missing.confidence, missing.target_confidence) == (None, None, None)


def test_one_place_for_all_items_is_a_collapse() -> None:
    assert report_of(answers_of(*[[0, 0, 1]] * 4)).collapse.answer == "3"
    assert report_of(answers_of([1, 0], [0, 1], [0, 0, 1], [])).collapse is None
