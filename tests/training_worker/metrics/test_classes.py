"""Metrics of classes against scikit-learn, brute force and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from training_worker.contract.metrics import METRICS
from training_worker.metrics import output_of
from training_worker.metrics.base import FloatArray, IntArray
from training_worker.metrics.confusion import (
    NO_ANSWER,
    confusion_matrix,
    correct_items,
    counts_of_matrix,
    f1_of_counts,
    item_counts,
    precision_of_counts,
    predicted_classes,
    recall_of_counts,
)

CLASSES = 3
LABELS = ("red", "green", "blue")
OUTPUT = output_of("class")
FIGURES = {
    "accuracy": (0.25555555555555554, 0.04973321760315784),
    "f1_macro": (0.3012625339991069, 0.05502651687384512),
}
"""What scikit-learn and the scorer of version 1 said, see `test_figures_stay_what_they_were`."""


def _array(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.intp)


def answers_of(predicted: IntArray | list[int], classes: int = CLASSES) -> FloatArray:
    """Probabilities with those classes; NaN for `NO_ANSWER`."""
    index = np.array(predicted)
    rows = np.full((len(index), classes), 0.1)
    rows[np.arange(len(index)), index] = 0.8
    rows[index == NO_ANSWER] = np.nan
    return rows


def accuracy_and_f1(truth: IntArray, predicted: IntArray, classes: int = CLASSES) -> tuple[float, float]:
    labels = [str(index) for index in range(classes)]
    made = answers_of(predicted, classes)
    return OUTPUT.value("accuracy", truth, made, labels), OUTPUT.value("f1_macro", truth, made, labels)


cases = st.integers(min_value=1, max_value=40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, CLASSES - 1), min_size=n, max_size=n).map(_array),
        st.lists(st.integers(NO_ANSWER, CLASSES - 1), min_size=n, max_size=n).map(_array),
    )
)


@given(cases)
def test_values_are_those_of_brute_force(case: tuple[IntArray, IntArray]) -> None:
    truth, predicted = case
    pairs = list(zip(truth.tolist(), predicted.tolist(), strict=True))
    scores = []
    for label in range(CLASSES):
        tp = sum(t == p == label for t, p in pairs)
        fp = sum(p == label != t for t, p in pairs)
        fn = sum(t == label != p for t, p in pairs)
        scores.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0)
    accuracy, f1 = accuracy_and_f1(truth, predicted)
    assert accuracy == pytest.approx(sum(t == p for t, p in pairs) / len(pairs))
    assert f1 == pytest.approx(sum(scores) / CLASSES)
    assert OUTPUT.per_class(truth, answers_of(predicted), LABELS) == pytest.approx(
        dict(zip(LABELS, scores, strict=True))
    )


@given(cases)
def test_values_are_scikit_learns(case: tuple[IntArray, IntArray]) -> None:
    truth, predicted = case
    index = np.arange(CLASSES)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=index, zero_division=0.0)
    counts = counts_of_matrix(confusion_matrix(truth, predicted, CLASSES))
    assert accuracy_and_f1(truth, predicted) == pytest.approx((accuracy_score(truth, predicted), f1.mean()))
    assert precision_of_counts(counts) == pytest.approx(precision)
    assert recall_of_counts(counts) == pytest.approx(recall)
    assert f1_of_counts(counts) == pytest.approx(f1)
    assert (counts[0] + counts[2]).tolist() == support.tolist()


def test_where_all_classes_are_answered_it_is_scikit_learns_default() -> None:
    generator = np.random.default_rng(0)
    truth, predicted = generator.integers(0, CLASSES, 200), generator.integers(0, CLASSES, 200)
    expected = (accuracy_score(truth, predicted), f1_score(truth, predicted, average="macro"))
    assert accuracy_and_f1(truth, predicted) == pytest.approx(expected)


@given(cases)
def test_summed_item_counts_are_those_of_the_matrix(case: tuple[IntArray, IntArray]) -> None:
    truth, predicted = case
    counts = item_counts(truth, predicted, CLASSES)
    assert counts.shape == (len(truth), 3, CLASSES)
    assert counts.sum(axis=0).tolist() == counts_of_matrix(confusion_matrix(truth, predicted, CLASSES)).tolist()


def test_no_answer_is_wrong_and_keeps_the_denominator() -> None:
    truth, predicted = _array([0, 1, 1, 0]), _array([0, 1, NO_ANSWER, NO_ANSWER])
    assert accuracy_and_f1(truth, predicted, 2) == pytest.approx((0.5, 2 / 3))
    assert correct_items(truth, predicted).tolist() == [1, 1, 0, 0]


def test_ties_go_to_the_lowest_class_and_one_nan_is_no_answer() -> None:
    rows = np.array([[0.2, 0.4, 0.4], [0.5, 0.5, 0.0], [np.nan] * 3, [0.0, 0.0, 0.0], [0.0, np.nan, 0.9]])
    assert predicted_classes(rows).tolist() == [1, 0, NO_ANSWER, 0, NO_ANSWER]


def test_error_of_accuracy_is_the_standard_error_of_the_mean() -> None:
    truth, made = _array([0] * 10), answers_of([0] * 7 + [1] * 3)
    expected = pytest.approx(np.std([1.0] * 7 + [0.0] * 3, ddof=1) / math.sqrt(10))
    assert OUTPUT.estimate("accuracy", truth, made, LABELS).se == expected
    assert OUTPUT.estimate("accuracy", truth, made, LABELS, np.arange(10)).se == expected


def test_bootstrap_error_is_that_of_fresh_test_sets() -> None:
    """The standard deviation over 600 fresh samples of 400 items, against the bootstrap of one of them."""
    generator = np.random.default_rng(7)

    def sample() -> tuple[IntArray, FloatArray]:
        truth = generator.integers(0, CLASSES, 400)
        right = generator.random(400) < 0.7
        return truth, answers_of(np.where(right, truth, generator.integers(0, CLASSES, 400)))

    real = np.std([OUTPUT.value("f1_macro", *sample(), LABELS) for _ in range(600)], ddof=1)
    estimates = [OUTPUT.estimate("f1_macro", *sample(), LABELS).se for _ in range(10)]
    assert np.mean(estimates) == pytest.approx(real, rel=0.15)


def test_bootstrap_has_the_error_of_drawing_groups_one_by_one() -> None:
    generator = np.random.default_rng(3)
    truth, groups = generator.integers(0, CLASSES, 60), generator.integers(0, 12, 60)
    is_right = (generator.random(12) < 0.6)[groups]  # a group is right or wrong as a whole
    made = answers_of(np.where(is_right, truth, generator.integers(NO_ANSWER, CLASSES, 60)))
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    slow = []
    for _ in range(1500):
        chosen = np.concatenate([members[i] for i in generator.integers(0, len(members), len(members))])
        slow.append(OUTPUT.value("f1_macro", truth[chosen], made[chosen], LABELS))
    assert OUTPUT.estimate("f1_macro", truth, made, LABELS, groups).se == pytest.approx(np.std(slow), rel=0.1)


def test_figures_stay_what_they_were() -> None:
    """Published scores were computed with this seed and these formulas."""
    generator = np.random.default_rng(11)
    truth, predicted = generator.integers(0, CLASSES, 90), generator.integers(NO_ANSWER, CLASSES, 90)
    made, groups = answers_of(predicted), np.arange(90) // 3
    accuracy = OUTPUT.estimate("accuracy", truth, made, LABELS, groups)
    f1 = OUTPUT.estimate("f1_macro", truth, made, LABELS, groups)
    assert (accuracy.value, accuracy.se) == pytest.approx(FIGURES["accuracy"], rel=1e-9)
    assert (f1.value, f1.se) == pytest.approx(FIGURES["f1_macro"], rel=1e-9)


def test_one_item_allows_no_estimate() -> None:
    for metric in OUTPUT.metrics:
        largest = METRICS[metric].largest_se
        assert OUTPUT.estimate(metric, _array([0]), answers_of([0]), LABELS).se == largest is not None


@pytest.mark.parametrize("truth", [[2, 1, 2], [2, 1, 1, 2], [0, 1, 2]])
def test_dummy_is_scikit_learns(truth: list[int]) -> None:
    rows = np.zeros((len(truth), 1))
    theirs = DummyClassifier(strategy="prior").fit(rows, truth)
    made = OUTPUT.dummy(_array(truth), LABELS)
    assert predicted_classes(made).tolist() == theirs.predict(rows).tolist()
    assert made[:, sorted(set(truth))] == pytest.approx(theirs.predict_proba(rows))


def test_truth_is_read_by_the_order_of_the_labels() -> None:
    assert OUTPUT.read_truth(["blue", "red"], LABELS).tolist() == [2, 0]
    with pytest.raises(ValueError, match=r"^3 labels are unknown$"):
        OUTPUT.read_truth(["blue", "canary", None, ["red"]], LABELS)


def test_items_are_what_rescoring_needs() -> None:
    items = OUTPUT.items(_array([0, 1]), answers_of([0, NO_ANSWER]), LABELS)
    assert {name: values.tolist() for name, values in items.items()} == {"correct": [1, 0], "predicted": [0, -1]}


def test_a_part_of_the_items() -> None:
    truth, made = _array([0, 1, 2]), answers_of([0, 2, 1])
    part = _array([2, 0])
    assert OUTPUT.take(truth, part).tolist() == [2, 0]
    assert predicted_classes(OUTPUT.take(made, part)).tolist() == [1, 0]


def test_other_metrics_are_refused() -> None:
    with pytest.raises(KeyError):
        OUTPUT.value("mse", _array([0]), answers_of([0]), LABELS)
