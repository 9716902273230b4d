"""Sets of labels against scikit-learn, and what else is asked of an output."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.report import ExampleKind
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.standard_error import LARGEST_SE

LABELS = ("economy", "sport", "weather")
OUTPUT = output_of("labels")
NAN = np.nan

shapes = st.tuples(st.integers(1, 12), st.just(3))
cases = shapes.flatmap(
    lambda shape: st.tuples(
        arrays.arrays(np.bool_, shape),
        arrays.arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.2, 0.499999, 0.5, 0.9, 1.0])),
    )
)


def values(truth: Any, answers: Any) -> dict[str, float]:
    return {metric: OUTPUT.value(metric, truth, answers, LABELS) for metric in OUTPUT.metrics}


def theirs(truth: Any, answers: Any) -> dict[str, float]:
    predicted = answers >= 0.5
    scores = {
        f"f1_{average}": f1_score(truth, predicted, average=average, zero_division=0)
        for average in ("micro", "macro", "weighted")
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of labels that no item has
        auc = average_precision_score(truth, answers, average="macro")
    return scores | {"subset_accuracy": accuracy_score(truth, predicted), "pr_auc": auc}


def sample(seed: int, n: int = 80) -> tuple[Any, Any]:
    generator = np.random.default_rng(seed)
    truth = generator.random((n, 3)) < [0.5, 0.3, 0.1]
    return truth, np.clip(0.3 * truth + generator.random((n, 3)) * 0.7, 0, 1).round(2)


@given(cases)
def test_values_are_scikit_learns(case: tuple[Any, Any]) -> None:
    assert values(*case) == pytest.approx(theirs(*case))


@given(cases)
def test_no_answer_is_the_worst_answer(case: tuple[Any, Any]) -> None:
    """Without ties: scikit-learn's average precision takes those of a right and a wrong answer as the wrong one's, so
    that an item which leaves a tie may make it larger."""
    truth, answers = case
    answers = 0.9 * answers + 1e-4 * np.arange(len(answers))[:, None]
    without, worst = answers.copy(), answers.copy()
    without[0], worst[0] = NAN, np.where(truth[0], 0.0, 1.0)
    found = values(truth, without)
    assert all(found[metric] <= value + 1e-12 for metric, value in values(truth, answers).items())
    exact = {metric: value for metric, value in values(truth, worst).items() if metric != "pr_auc"}
    assert {metric: found[metric] for metric in exact} == pytest.approx(exact)


@pytest.mark.parametrize("metric", OUTPUT.metrics)
def test_error_is_that_of_drawing_groups_one_by_one(metric: str) -> None:
    truth, answers = sample(2)
    groups = np.arange(80) // 2
    generator = np.random.default_rng(0)
    slow = []
    for _ in range(600):
        drawn = np.concatenate([np.flatnonzero(groups == g) for g in generator.integers(0, 40, 40)])
        slow.append(OUTPUT.value(metric, OUTPUT.take(truth, drawn), OUTPUT.take(answers, drawn), LABELS))
    estimate = OUTPUT.estimate(metric, truth, answers, LABELS, groups)
    assert estimate.value == OUTPUT.value(metric, truth, answers, LABELS)
    assert estimate.se == pytest.approx(np.std(slow), rel=0.15)


def test_one_item_allows_no_estimate() -> None:
    assert OUTPUT.estimate("f1_micro", *(part[:1] for part in sample(1)), LABELS).se == LARGEST_SE


def test_labels_have_their_own_f1() -> None:
    truth, answers = sample(3)
    expected = f1_score(truth, answers >= 0.5, average=None, zero_division=0)
    assert OUTPUT.per_class(truth, answers, LABELS) == pytest.approx(dict(zip(LABELS, expected, strict=True)))


def test_the_dummy_gives_the_frequencies() -> None:
    truth = np.array([[1, 0, 0], [1, 1, 0]], dtype=bool)
    assert OUTPUT.dummy(truth, LABELS).tolist() == [[1.0, 0.5, 0.0]] * 2


def test_truth_is_read_as_a_matrix() -> None:
    assert OUTPUT.read_truth([["sport"], [], ["weather", "economy"]], LABELS).tolist() == [
        [False, True, False],
        [False, False, False],
        [True, False, True],
    ]
    with pytest.raises(ValueError, match=r"^4 lists hold something else than labels of the data$"):
        OUTPUT.read_truth([["canary"], "sport", [None], ["sport", "sport"], []], LABELS)


IDS = ["a", "b"]


def read(content: bytes) -> Any:
    return OUTPUT.read_answers(split_lines(content), IDS, np.zeros((2, 3), dtype=bool), LABELS)


def test_what_is_written_is_read_again() -> None:
    answers = np.array([[NAN] * 3, [0.25, 1.0, 0.9]])
    lines = OUTPUT.lines(IDS, answers, LABELS)
    assert [json.loads(line)["probabilities"] for line in lines] == [[], [0.25, 1.0, 0.9]]
    np.testing.assert_array_equal(read("\n".join(reversed(lines)).encode()), answers)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "missing ids: 2"),
        ([{"id": name, "probabilities": []} for name in "aab"], "doubled ids: 1"),
        ([{"id": name, "probabilities": []} for name in "abc"], "unknown ids: 1"),
        ([{"id": "a", "probabilities": [0.1] * 4}, {"id": "b", "probabilities": [1]}], "wrong length: 2"),
        ([{"id": "a", "probabilities": [2, 0, 0]}, {"id": "b", "probabilities": [-0.1, 0, 0]}], "outside 0…1: 2"),
        ([{"id": "a", "probabilities": [NAN, 0, 0]}, {"id": "b", "probabilities": []}], "not finite: 1"),
        ([{"id": "a", "probabilities": ["x", 0, 0]}, {"id": "b", "probabilities": [True, 0, 0]}], "not numbers: 2"),
        ([{"id": "a", "labels": ["sport"]}, {"id": "b", "probabilities": []}], "missing ids: 1; not a prediction: 1"),
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


TRUTH = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 0]], dtype=bool)
TUNED = np.array([[0.9, 0.1, 0.7], [0.1, 0.2, 0.3], [NAN] * 3, [0.5, 0.4, 0.0]])
BASE = np.array([[0.9, 0.1, 0.1], [0.1, 0.9, 0.3], [0.1, 0.9, 0.1], [0.5, 0.4, 0.0]])


def report_of(answers: Any = TUNED, base: Any = BASE) -> Any:
    rows = [{"id": f"val-{n}", "text": "x"} for n in range(4)]
    return OUTPUT.report(rows, ["text"], TRUTH, answers, base, LABELS, OUTPUT.metrics)


def test_examples_go_by_the_number_of_wrong_labels() -> None:
    made = report_of()
    assert {group.kind: [example.id for example in group.examples] for group in made.groups} == {
        ExampleKind.LARGEST_ERROR: ["val-2", "val-0"],
        ExampleKind.SMALLEST_ERROR: ["val-3", "val-1"],
        ExampleKind.IMPROVED: ["val-1"],
        ExampleKind.REGRESSED: ["val-2", "val-0"],
    }
    missing, wrong = made.groups[0].examples
    assert (missing.target, missing.predicted, missing.base_predicted, missing.error) == (
        ["sport"],
        None,
        ["sport"],
        3.0,
    )
    assert (wrong.target, wrong.predicted, wrong.error) == (["economy", "sport"], ["economy", "weather"], 2.0)
    assert made.groups[1].examples[1].predicted == []


def test_labels_are_the_classes_of_the_report() -> None:
    rows = {row.label: row for row in report_of().classes}
    assert (rows["economy"].precision, rows["economy"].recall, rows["economy"].support) == (2 / 3, 1.0, 2)
    assert (rows["sport"].f1, rows["sport"].base_f1) == (0.0, pytest.approx(0.5))


def test_one_set_of_labels_for_all_items_is_a_collapse() -> None:
    assert report_of(np.zeros((4, 3))).collapse.answer == ""
    assert report_of(np.array([[1.0, 1.0, 0.0]] * 4)).collapse.answer == "economy, sport"
    assert report_of().collapse is None
