"""Reading predictions: everything that can be wrong with the file, and that the error repeats nothing of it."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.metrics import output_of
from training_worker.metrics.base import FloatArray, InvalidPredictions

IDS = ["a", "b", "c"]
LABELS = ["negative", "positive"]
OUTPUT = output_of("class")
NO_TRUTH = np.zeros(3, dtype=np.intp)


def _rows(**changes: object) -> list[object]:
    values: dict[str, object] = {"a": [0.1, 0.9], "b": [1, 0], "c": [0.5, 0.5]} | changes
    return [{"id": item, "probabilities": probabilities} for item, probabilities in values.items()]


def _read(content: bytes, ids: list[str] = IDS) -> FloatArray:
    answers: FloatArray = OUTPUT.read_answers(split_lines(content), ids, NO_TRUTH, LABELS)
    return answers


def test_rows_come_in_the_order_of_the_ids() -> None:
    rows = _rows()
    expected = [[0.1, 0.9], [1.0, 0.0], [0.5, 0.5]]
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert _read(jsonl(rows)).tolist() == expected
    assert _read(jsonl(rows).rstrip(b"\n")).tolist() == expected


def test_lines_may_come_one_by_one_from_a_file() -> None:
    lines = iter(jsonl(_rows()).splitlines(keepends=True))
    assert OUTPUT.read_answers(lines, IDS, NO_TRUTH, LABELS).tolist() == [[0.1, 0.9], [1.0, 0.0], [0.5, 0.5]]


def test_empty_list_is_no_answer() -> None:
    answers = _read(jsonl(_rows(b=[])))
    assert np.isnan(answers).tolist() == [[False, False], [True, True], [False, False]]
    assert answers[[0, 2]].tolist() == [[0.1, 0.9], [0.5, 0.5]]


def test_numbers_keep_every_digit() -> None:
    assert _read(jsonl(_rows(a=[0.1 + 0.2, 5e-324]))).tolist()[0] == [0.1 + 0.2, 5e-324]


def test_what_is_written_is_read_again() -> None:
    answers = np.array([[1 / 3, 2 / 3], [np.nan, np.nan], [1.0, 0.0]])
    lines = OUTPUT.lines(IDS, answers, LABELS)
    assert json.loads(lines[0]) == {"id": "a", "probabilities": [0.333333, 0.666667]}
    assert json.loads(lines[1]) == {"id": "b", "probabilities": []}
    again = _read("\n".join(lines).encode())
    assert again == pytest.approx(answers, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing ids: 3"),
        (jsonl(_rows()[:2]), "missing ids: 1"),
        (jsonl([*_rows(), *_rows()[:2]]), "doubled ids: 2"),
        (jsonl([*_rows(), {"id": "d", "probabilities": [0, 1]}]), "unknown ids: 1"),
        (jsonl(_rows(a=[0.1])), "wrong length: 1"),
        (jsonl(_rows(a=[0.1, 0.2, 0.7])), "wrong length: 1"),
        (jsonl(_rows(a=[float("nan"), 0.2])), "not finite: 1"),
        (jsonl(_rows(a=[float("-inf"), 0.2])), "not finite: 1"),
        (jsonl(_rows()).replace(b"0.9", b"1e999"), "not finite: 1"),
        (jsonl(_rows(a=[1.01, 0.2], b=[-0.1, 1])), "outside 0…1: 2"),
        (jsonl(_rows(a=[10**400, 0])), "outside 0…1: 1"),
        (jsonl(_rows(a=["0.5", 0.5])), "not numbers: 1"),
        (jsonl(_rows(a=[True, False])), "not numbers: 1"),
        (jsonl(_rows(a=[None, 0.5])), "not numbers: 1"),
        (jsonl(_rows(a="secret")), "missing ids: 1; not a prediction: 1"),
        (jsonl([*_rows(), ["a", [0.1, 0.9]]]), "not a prediction: 1"),
        (jsonl([*_rows(), {"id": "a", "probabilities": [0, 1], "label": "x"}]), "not a prediction: 1"),
        (jsonl([*_rows(), {"id": 1, "probabilities": [0, 1]}]), "not a prediction: 1"),
        (jsonl(_rows()) + b"{\n", "not a prediction: 1"),
        (jsonl(_rows()) + b"\n", "not a prediction: 1"),
        (jsonl(_rows()) + b"\xff\xfe\n", "not a prediction: 1"),
        (jsonl(_rows()) + b"[" * 100_000 + b"\n", "not a prediction: 1"),
    ],
)
def test_what_is_wrong_is_named_and_counted(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        _read(content)
    assert str(caught.value) == message


def test_every_kind_of_problem_is_named_at_once() -> None:
    rows = [*_rows(a=[2, 0], b=[0]), {"id": "x", "probabilities": []}, "text"]
    with pytest.raises(InvalidPredictions) as caught:
        _read(jsonl(rows), [*IDS, "d"])
    assert set(caught.value.problems) == {
        "outside 0…1",
        "wrong length",
        "unknown ids",
        "missing ids",
        "not a prediction",
    }


def test_error_repeats_no_id_and_no_text() -> None:
    rows = [{"id": "item-canary", "probabilities": ["canary"]}, {"canary": 1}]
    with pytest.raises(InvalidPredictions) as caught:
        _read(jsonl(rows) + b"canary\n", ["item-other"])
    assert "canary" not in str(caught.value)
    assert "item" not in str(caught.value)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        _read(content)
