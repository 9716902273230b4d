"""Reading predictions: everything that can be wrong with the file, and that the error repeats nothing of it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.scoring.predictions import NO_ANSWER, InvalidPredictions, parse_predictions, predicted_classes
from tests.factories import jsonl

IDS = ["a", "b", "c"]


def _rows(**changes: object) -> list[object]:
    values: dict[str, object] = {"a": [0.1, 0.9], "b": [1, 0], "c": [0.5, 0.5]} | changes
    return [{"id": item, "probabilities": probabilities} for item, probabilities in values.items()]


def _parsed(content: bytes) -> list[list[float]]:
    return [list(row) for row in parse_predictions(content, ids=IDS, classes=2)]


def test_rows_come_in_the_order_of_the_ids() -> None:
    rows = _rows()
    expected = [[0.1, 0.9], [1.0, 0.0], [0.5, 0.5]]
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert _parsed(jsonl(rows)) == expected
    assert _parsed(jsonl(rows).rstrip(b"\n")) == expected


def test_empty_list_is_no_answer() -> None:
    rows = parse_predictions(jsonl(_rows(b=[])), ids=IDS, classes=2)
    assert [list(row) for row in rows] == [[0.1, 0.9], [], [0.5, 0.5]]
    assert predicted_classes(rows) == [1, NO_ANSWER, 0]


def test_numbers_keep_every_digit() -> None:
    assert _parsed(jsonl(_rows(a=[0.1 + 0.2, 5e-324])))[0] == [0.1 + 0.2, 5e-324]


def test_ties_go_to_the_lowest_class() -> None:
    rows: list[list[float]] = [[0.2, 0.4, 0.4], [0.5, 0.5, 0.0], [], [0.0, 0.0, 0.0], [0.0, 0.1, 0.9]]
    assert predicted_classes(rows) == [1, 0, NO_ANSWER, 0, 2]


def test_classes_are_numpys_argmax() -> None:
    generator = np.random.default_rng(5)
    made = generator.integers(0, 4, size=(2000, 5)) / 4  # four values in five places: ties in most rows
    lines = [{"id": str(n), "probabilities": row if n % 7 else []} for n, row in enumerate(made.tolist())]
    rows = parse_predictions(jsonl([*lines]), ids=[str(n) for n in range(2000)], classes=5)
    expected = np.where(np.arange(2000) % 7, made.argmax(axis=1), NO_ANSWER)
    assert predicted_classes(rows) == expected.tolist()


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
        parse_predictions(content, ids=IDS, classes=2)
    assert str(caught.value) == message


def test_every_kind_of_problem_is_named_at_once() -> None:
    rows = [*_rows(a=[2, 0], b=[0]), {"id": "x", "probabilities": []}, "text"]
    with pytest.raises(InvalidPredictions) as caught:
        parse_predictions(jsonl(rows), ids=[*IDS, "d"], classes=2)
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
        parse_predictions(jsonl(rows) + b"canary\n", ids=["item-other"], classes=2)
    assert "canary" not in str(caught.value)
    assert "item" not in str(caught.value)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        parse_predictions(content, ids=IDS, classes=2)
