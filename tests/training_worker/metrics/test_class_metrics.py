"""Metrics of classes beside accuracy and macro F1, against scikit-learn, brute force and fresh test sets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn
from sklearn.calibration import calibration_curve

from training_worker.contract.metrics import LARGEST_LOG_LOSS, METRICS
from training_worker.metrics import output_of
from training_worker.metrics.base import FloatArray, IntArray
from training_worker.metrics.confusion import predicted_classes
from training_worker.metrics.probability import BINS, bins_of, confidences
from training_worker.metrics.ranking import interpolated_precisions

OUTPUT = output_of("class")
Case = tuple[IntArray, FloatArray, list[str]]
OTHERS = [name for name in OUTPUT.metrics if name not in {"accuracy", "f1_macro"}]


def made_case(seed: int, n: int, classes: int, digits: int) -> Case:
    """`digits` few enough make ties."""
    generator = np.random.default_rng(seed)
    answers = generator.dirichlet(np.ones(classes), n).round(digits) + 10.0**-digits
    answers /= answers.sum(axis=1, keepdims=True)
    return generator.integers(0, classes, n), answers, [str(index) for index in range(classes)]


cases = st.builds(made_case, st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 5), st.integers(1, 6))


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(deadline=None)
@given(cases)
def test_counted_metrics_are_scikit_learns(case: Case) -> None:
    truth, answers, labels = case
    predicted = predicted_classes(answers)
    index = range(len(labels))

    def f1(average: str) -> float:
        return float(sklearn.f1_score(truth, predicted, labels=index, average=average, zero_division=0))

    recalls = sklearn.recall_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    expected = {
        "f1_micro": f1("micro"),
        "f1_weighted": f1("weighted"),
        "balanced_accuracy": recalls,
        "mcc": sklearn.matthews_corrcoef(truth, predicted),
    }
    assert {name: OUTPUT.value(name, truth, answers, labels) for name in expected} == pytest.approx(expected)


@settings(deadline=None)
@given(cases)
def test_areas_are_scikit_learns(case: Case) -> None:
    truth, answers, labels = case
    asked = [k for k in range(len(labels)) if 0 < (truth == k).sum() < len(truth)]
    assume(asked)
    if len(labels) == 2:
        asked = [1]
    roc = np.mean([sklearn.roc_auc_score(truth == k, answers[:, k]) for k in asked])
    pr = np.mean([sklearn.average_precision_score(truth == k, answers[:, k]) for k in asked])
    assert OUTPUT.value("roc_auc", truth, answers, labels) == pytest.approx(roc)
    assert OUTPUT.value("pr_auc", truth, answers, labels) == pytest.approx(pr)
    if len(labels) > 2 and len(asked) == len(labels):
        theirs = sklearn.roc_auc_score(truth, answers, multi_class="ovr", average="macro", labels=range(len(labels)))
        assert roc == pytest.approx(theirs)


@settings(deadline=None)
@given(cases)
def test_log_loss_is_scikit_learns(case: Case) -> None:
    truth, answers, labels = case
    clipped = np.clip(answers, 1e-7, 1)
    theirs = sklearn.log_loss(truth, clipped / clipped.sum(axis=1, keepdims=True), labels=range(len(labels)))
    assert OUTPUT.value("log_loss", truth, answers, labels) == pytest.approx(theirs, abs=1e-5)


def test_calibration_error_is_that_of_the_bins_of_a_calibration_curve() -> None:
    truth, answers, labels = made_case(3, 400, 3, 6)
    confidence, is_right = answers.max(axis=1), predicted_classes(answers) == truth
    share, mean = calibration_curve(is_right, confidence, n_bins=BINS)
    counts = np.bincount(bins_of(confidence), minlength=BINS)
    expected = (np.abs(share - mean) * counts[counts > 0]).sum() / 400
    assert OUTPUT.value("calibration_error", truth, answers, labels) == pytest.approx(expected)


def test_of_two_classes_the_last_one_is_positive() -> None:
    truth, answers, _labels = made_case(5, 50, 2, 6)
    expected = sklearn.average_precision_score(truth, answers[:, 1])
    assert OUTPUT.value("pr_auc", truth, answers, ["no", "yes"]) == pytest.approx(expected)
    assert expected != pytest.approx(sklearn.average_precision_score(1 - truth, answers[:, 0]))


@pytest.mark.parametrize("metric", OUTPUT.metrics)
@settings(deadline=None)
@given(cases, st.integers(0, 10**6))
def test_no_answer_is_never_better_than_any_answer(metric: str, case: Case, seed: int) -> None:
    """Not to one item and not to all; every value is finite and within its bounds."""
    truth, answers, labels = case
    spec = METRICS[metric]
    item = seed % len(truth)
    silent, worse, missing = answers.copy(), answers.copy(), np.full_like(answers, np.nan)
    silent[item] = np.nan
    worse[item] = np.eye(len(labels))[(truth[item] + 1) % len(labels)]
    right, none, nothing = (OUTPUT.value(metric, truth, made, labels) for made in (answers, silent, missing))
    assert all(spec.has(value) for value in (right, none, nothing))
    perfect = OUTPUT.value(metric, truth, np.eye(len(labels))[truth], labels)
    assert spec.gain(nothing, perfect) <= 1e-12
    if metric in {"accuracy", "log_loss", "roc_auc", "pr_auc", "balanced_accuracy"}:
        assert spec.gain(none, right) <= 1e-12
        assert spec.gain(none, OUTPUT.value(metric, truth, worse, labels)) <= 1e-12


def test_no_answers_at_all_are_the_worst_value() -> None:
    truth, labels = np.array([0, 1, 1, 0]), ["a", "b"]
    nothing = np.full((4, 2), np.nan)
    worst = {name: OUTPUT.value(name, truth, nothing, labels) for name in OTHERS}
    assert worst == pytest.approx(
        {
            "f1_micro": 0,
            "f1_weighted": 0,
            "balanced_accuracy": 0,
            "mcc": -1,
            "roc_auc": 0,
            "pr_auc": 0,
            "log_loss": LARGEST_LOG_LOSS,
            "calibration_error": 1,
        }
    )


def test_probabilities_are_shares_of_their_sum() -> None:
    truth, labels = np.array([0, 1]), ["a", "b"]
    loud, nothing = np.array([[1.0, 1.0], [0.2, 0.6]]), np.zeros((2, 2))
    assert OUTPUT.value("log_loss", truth, loud, labels) == pytest.approx((math.log(2) - math.log(0.75)) / 2)
    assert OUTPUT.value("log_loss", truth, nothing, labels) == pytest.approx(math.log(2))
    assert confidences(loud) == pytest.approx([0.5, 0.75])


def test_where_all_items_are_of_one_class_nothing_can_be_ranked() -> None:
    truth, answers = np.array([1, 1]), np.array([[0.2, 0.8], [0.7, 0.3]])
    for metric in ("roc_auc", "pr_auc"):
        assert OUTPUT.value(metric, truth, answers, ["a", "b"]) == 0.5
        assert OUTPUT.estimate(metric, truth, answers, ["a", "b"]).se == 0


def sample(generator: np.random.Generator, n: int = 400, classes: int = 3) -> tuple[IntArray, FloatArray]:
    """Overconfident answers of a classifier that is right more often than not."""
    truth = generator.choice(classes, n, p=[0.6, 0.3, 0.1])
    logits = generator.normal(size=(n, classes)) + 1.5 * np.eye(classes)[truth]
    powers = np.exp(2 * logits)
    return truth, powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("metric", [name for name in OTHERS if name != "calibration_error"])
def test_error_is_that_of_fresh_test_sets(metric: str) -> None:
    """The standard deviation over 400 fresh samples, against the mean error that 10 of them tell."""
    generator, labels = np.random.default_rng(7), ["a", "b", "c"]
    real = np.std([OUTPUT.value(metric, *sample(generator), labels) for _ in range(400)], ddof=1)
    told = np.mean([OUTPUT.estimate(metric, *sample(generator), labels).se for _ in range(10)])
    assert told == pytest.approx(real, rel=0.2)


def test_error_of_calibration_is_an_upper_bound() -> None:
    generator, labels = np.random.default_rng(7), ["a", "b", "c"]
    real = np.std([OUTPUT.value("calibration_error", *sample(generator), labels) for _ in range(400)], ddof=1)
    told = np.mean([OUTPUT.estimate("calibration_error", *sample(generator), labels).se for _ in range(10)])
    assert real < told < 2 * real


@pytest.mark.parametrize("metric", OTHERS)
def test_copies_in_a_group_add_no_certainty(metric: str) -> None:
    truth, answers = sample(np.random.default_rng(3), 150)
    labels = ["a", "b", "c"]
    once = OUTPUT.estimate(metric, truth, answers, labels)
    copied = OUTPUT.estimate(metric, np.tile(truth, 3), np.tile(answers, (3, 1)), labels, np.tile(np.arange(150), 3))
    assert (copied.value, copied.se) == pytest.approx((once.value, once.se), rel=1e-5)


def test_interpolated_precision_by_hand() -> None:
    is_of_class, scores = np.array([True, False, True, True, False]), np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    recalls = np.array([0.0, 1 / 3, 0.5, 2 / 3, 1.0])
    assert interpolated_precisions(is_of_class, scores, recalls) == pytest.approx([1.0, 1.0, 0.75, 0.75, 0.75])
