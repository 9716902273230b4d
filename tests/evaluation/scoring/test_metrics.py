"""Metrics against scikit-learn, brute force and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from evaluation.scoring.metrics import (
    LARGEST_SE,
    METRICS,
    IntArray,
    accuracy,
    bootstrap_f1,
    correct_items,
    f1_macro,
    f1_of_counts,
    item_counts,
    majority_prediction,
    mean_se,
    per_class_f1,
)
from evaluation.scoring.predictions import NO_ANSWER
from training_worker.contract.tasks import TEXT_CLASSIFICATION

CLASSES = 3


def _array(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.intp)


answers = st.integers(min_value=1, max_value=40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, CLASSES - 1), min_size=n, max_size=n).map(_array),
        st.lists(st.integers(NO_ANSWER, CLASSES - 1), min_size=n, max_size=n).map(_array),
        st.lists(st.integers(0, 5), min_size=n, max_size=n).map(_array),
    )
)


def test_every_metric_of_the_contract_is_here() -> None:
    assert tuple(METRICS) == TEXT_CLASSIFICATION.metrics


@given(answers)
def test_values_are_those_of_brute_force(case: tuple[IntArray, IntArray, IntArray]) -> None:
    gold, predicted, _groups = case
    pairs = list(zip(gold.tolist(), predicted.tolist(), strict=True))
    scores = []
    for label in range(CLASSES):
        tp = sum(g == p == label for g, p in pairs)
        fp = sum(p == label != g for g, p in pairs)
        fn = sum(g == label != p for g, p in pairs)
        scores.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0)
    assert accuracy(gold, predicted, CLASSES).value == pytest.approx(sum(g == p for g, p in pairs) / len(pairs))
    assert per_class_f1(gold, predicted, CLASSES) == pytest.approx(scores)
    assert f1_macro(gold, predicted, CLASSES).value == pytest.approx(sum(scores) / CLASSES)


@given(answers)
def test_summed_item_counts_give_the_same_f1(case: tuple[IntArray, IntArray, IntArray]) -> None:
    gold, predicted, _groups = case
    counts = item_counts(gold, predicted, CLASSES)
    assert counts.shape == (len(gold), 3, CLASSES)
    assert f1_of_counts(counts.sum(axis=0)) == pytest.approx(per_class_f1(gold, predicted, CLASSES))


def test_where_all_classes_are_answered_it_is_sklearns_default() -> None:
    generator = np.random.default_rng(0)
    gold, predicted = generator.integers(0, CLASSES, 200), generator.integers(0, CLASSES, 200)
    assert accuracy(gold, predicted, CLASSES).value == accuracy_score(gold, predicted)
    assert f1_macro(gold, predicted, CLASSES).value == pytest.approx(f1_score(gold, predicted, average="macro"))


def test_no_answer_is_wrong_and_keeps_the_denominator() -> None:
    gold, predicted = _array([0, 1, 1, 0]), _array([0, 1, NO_ANSWER, NO_ANSWER])
    assert accuracy(gold, predicted, 2).value == 0.5
    assert per_class_f1(gold, predicted, 2).tolist() == pytest.approx([2 / 3, 2 / 3])
    assert correct_items(gold, predicted).tolist() == [1, 1, 0, 0]


def test_error_of_accuracy_is_the_standard_error_of_the_mean() -> None:
    gold, predicted = _array([0] * 10), _array([0] * 7 + [1] * 3)
    expected = np.std([1.0] * 7 + [0.0] * 3, ddof=1) / math.sqrt(10)
    assert accuracy(gold, predicted, 2).se == pytest.approx(expected)
    assert accuracy(gold, predicted, 2, np.arange(10)).se == pytest.approx(expected)


@given(answers)
def test_error_over_groups_is_that_of_the_ratio_estimator(case: tuple[IntArray, IntArray, IntArray]) -> None:
    gold, predicted, groups = case
    values = correct_items(gold, predicted).astype(np.float64)
    names = sorted(set(groups.tolist()))
    if len(names) < 2:
        assert mean_se(values, groups) == LARGEST_SE
        return
    residuals = [sum(values[i] - values.mean() for i in range(len(values)) if groups[i] == name) for name in names]
    variance = len(names) / (len(names) - 1) * sum(r * r for r in residuals) / len(values) ** 2
    assert mean_se(values, groups) == pytest.approx(math.sqrt(variance), abs=1e-12)


def test_copies_in_a_group_add_no_certainty() -> None:
    values = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    copied = np.repeat(values, 5)
    groups = np.repeat(np.arange(6), 5)
    assert mean_se(copied, groups) == pytest.approx(mean_se(values))
    assert mean_se(copied) < mean_se(values) / 2


def test_bootstrap_error_is_that_of_fresh_test_sets() -> None:
    """The standard deviation over 600 fresh samples of 400 items, against the bootstrap of one of them."""
    generator = np.random.default_rng(7)

    def sample() -> tuple[IntArray, IntArray]:
        gold = generator.integers(0, CLASSES, 400)
        right = generator.random(400) < 0.7
        return gold, np.where(right, gold, generator.integers(0, CLASSES, 400))

    truth = np.std([per_class_f1(*sample(), CLASSES).mean() for _ in range(600)], ddof=1)
    estimates = [f1_macro(*sample(), CLASSES).se for _ in range(10)]
    assert np.mean(estimates) == pytest.approx(truth, rel=0.15)


def test_bootstrap_draws_have_the_distribution_of_drawing_items_one_by_one() -> None:
    generator = np.random.default_rng(3)
    gold, groups = generator.integers(0, CLASSES, 60), generator.integers(0, 12, 60)
    is_right = (generator.random(12) < 0.6)[groups]  # a group is right or wrong as a whole
    predicted = np.where(is_right, gold, generator.integers(NO_ANSWER, CLASSES, 60))
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    slow = []
    for _ in range(1500):
        chosen = np.concatenate([members[i] for i in generator.integers(0, len(members), len(members))])
        slow.append(per_class_f1(gold[chosen], predicted[chosen], CLASSES).mean())
    fast = bootstrap_f1(gold, predicted, CLASSES, groups, draws=1500)
    assert fast.std() == pytest.approx(np.std(slow), rel=0.1)
    assert fast.mean() == pytest.approx(np.mean(slow), abs=0.01)


def test_same_answers_same_error() -> None:
    gold, predicted = _array([0, 1, 2, 0, 1, 2]), _array([0, 1, 1, 0, 2, 2])
    assert f1_macro(gold, predicted, CLASSES) == f1_macro(gold, predicted, CLASSES)


def test_one_item_allows_no_estimate() -> None:
    assert accuracy(_array([0]), _array([0]), 2).se == LARGEST_SE
    assert f1_macro(_array([0]), _array([0]), 2).se == LARGEST_SE


def test_majority_is_the_most_frequent_class_of_the_part() -> None:
    assert majority_prediction(_array([2, 1, 2]), 3).tolist() == [2, 2, 2]
    assert majority_prediction(_array([2, 1, 1, 2]), 3).tolist() == [1, 1, 1, 1]
