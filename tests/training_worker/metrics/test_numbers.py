"""Numbers against scikit-learn, scipy and simulation, and what else is asked of an output."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.metrics import METRICS
from training_worker.metrics import output_of
from training_worker.metrics.base import FloatArray, InvalidPredictions
from training_worker.metrics.numbers import LIMIT, fill

OUTPUT = output_of("number")
NAN = math.nan
THEIRS: dict[str, Callable[[Any, Any], float]] = {
    "mse": mean_squared_error,
    "rmse": root_mean_squared_error,
    "mae": mean_absolute_error,
    "r2": r2_score,
    "pearson": lambda truth, answers: float(pearsonr(truth, answers).statistic),
    "spearman": lambda truth, answers: float(spearmanr(truth, answers).statistic),
}

grades = st.integers(0, 8).map(lambda half: half / 2)
pairs = st.lists(st.tuples(grades, grades), min_size=2, max_size=30).map(np.array)
anything = st.floats(allow_nan=False, allow_infinity=False)


def value(metric: str, truth: Any, answers: Any) -> float:
    return OUTPUT.value(metric, np.array(truth, dtype=np.float64), np.array(answers, dtype=np.float64), ())


def sample(seed: int, n: int = 80) -> tuple[FloatArray, FloatArray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 9, n) / 2
    return truth, truth + (generator.normal(size=n) * 4).round() / 4


@given(pairs)
def test_values_are_the_libraries(case: FloatArray) -> None:
    truth, answers = case.T
    for metric in ("mse", "rmse", "mae", "r2"):
        assert value(metric, truth, answers) == pytest.approx(THEIRS[metric](truth, answers))
    if np.ptp(truth) and np.ptp(answers):
        for metric in ("pearson", "spearman"):
            assert value(metric, truth, answers) == pytest.approx(THEIRS[metric](truth, answers))


@pytest.mark.parametrize("metric", OUTPUT.metrics)
@pytest.mark.parametrize("scale", [1e-200, 1e-6, 1.0, 1e12])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_scale_and_offset_do_no_harm(metric: str, scale: float, offset: float) -> None:
    truth, answers = sample(0)
    truth, answers = (truth + offset) * scale, (answers + offset) * scale
    power = {"mse": 2, "rmse": 1, "mae": 1}.get(metric, 0)
    expected = value(metric, *sample(0)) * scale**power
    assert value(metric, truth, answers) == pytest.approx(expected, rel=1e-9, abs=0.0)


@given(st.lists(st.tuples(st.floats(-LIMIT, LIMIT), anything | st.just(NAN)), min_size=1, max_size=8).map(np.array))
def test_every_metric_is_finite_and_in_its_range(case: FloatArray) -> None:
    truth, answers = case.T
    for metric in OUTPUT.metrics:
        estimate = OUTPUT.estimate(metric, truth, answers, ())
        assert METRICS[metric].has(estimate.value)
        assert math.isfinite(estimate.value)
        assert math.isfinite(estimate.se)
        assert estimate.se >= 0


@pytest.mark.parametrize(
    ("truth", "answers", "expected"),
    [
        ([2, 2, 2], [2, 2, 2], {"r2": 1.0, "pearson": 0.0, "spearman": 0.0}),
        ([2, 2, 2], [1, 2, 3], {"r2": 0.0, "pearson": 0.0, "spearman": 0.0}),
        ([1, 2, 3], [2, 2, 2], {"r2": 0.0, "pearson": 0.0, "spearman": 0.0}),
        ([0.1] * 3, [0.3] * 3, {"r2": 0.0, "pearson": 0.0, "spearman": 0.0}),
        ([5], [5], {"mse": 0.0, "mae": 0.0, "r2": 1.0, "pearson": 0.0, "spearman": 0.0}),
    ],
)
def test_without_variance(truth: list[float], answers: list[float], expected: dict[str, float]) -> None:
    assert {metric: value(metric, truth, answers) for metric in expected} == expected


def test_no_answer_is_the_far_end_of_the_range() -> None:
    assert fill(np.array([1.0, 2.0, 4.0]), np.array([NAN, NAN, NAN])).tolist() == [4.0, 4.0, 1.0]
    assert fill(np.array([1.0, 2.0, 4.0]), np.array([NAN, 9.0, 4.0])).tolist() == [9.0, 9.0, 4.0]
    assert fill(np.array([3.0, 3.0]), np.array([NAN, 3.0])).tolist() == [4.0, 3.0]


@given(st.lists(st.tuples(grades, grades), min_size=1, max_size=20).map(np.array), grades)
def test_no_answer_is_never_better_than_an_answer_in_the_range(case: FloatArray, answer: float) -> None:
    truth, answers = np.append(case[:, 0], [0.0, 4.0]), np.append(case[:, 1], [answer, 4.0])
    without = answers.copy()
    without[0] = NAN
    for metric in ("mse", "rmse", "mae", "r2"):
        gain = METRICS[metric].gain(value(metric, truth, without), value(metric, truth, answers))
        assert gain <= 1e-12


@pytest.mark.parametrize("metric", OUTPUT.metrics)
def test_the_fewer_answers_the_worse(metric: str) -> None:
    truth, answers = sample(4)
    scores = []
    for missing in (0, 5, 20, 80):
        made = answers.copy()
        made[:missing] = NAN
        scores.append(METRICS[metric].sign * value(metric, truth, made))
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


@pytest.mark.parametrize("groups", [None, np.arange(80) // 2])
def test_error_of_the_mean_errors_is_the_formulas(groups: Any) -> None:
    truth, answers = sample(1)
    for metric, errors in (("mse", (truth - answers) ** 2), ("mae", abs(truth - answers))):
        sums = errors if groups is None else errors.reshape(40, 2).sum(axis=1)
        expected = sums.std(ddof=1) * math.sqrt(len(sums)) / 80
        assert OUTPUT.estimate(metric, truth, answers, (), groups).se == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["rmse", "r2", "pearson", "spearman"])
def test_error_of_the_others_is_that_of_drawing_groups_one_by_one(metric: str) -> None:
    truth, answers = sample(2)
    groups = np.arange(80) // 2
    generator = np.random.default_rng(0)
    slow = []
    for _ in range(1500):
        drawn = np.concatenate([np.flatnonzero(groups == g) for g in generator.integers(0, 40, 40)])
        slow.append(THEIRS[metric](truth[drawn], answers[drawn]))
    estimate = OUTPUT.estimate(metric, truth, answers, (), groups)
    assert estimate.value == value(metric, truth, answers)
    assert estimate.se == pytest.approx(np.std(slow), rel=0.1)


def test_one_item_allows_no_estimate() -> None:
    truth, answers = np.array([1.0]), np.array([4.0])
    errors = {metric: OUTPUT.estimate(metric, truth, answers, ()).se for metric in OUTPUT.metrics}
    assert errors == {"mse": 4.5, "rmse": 1.5, "mae": 1.5, "r2": 1.0, "pearson": 1.0, "spearman": 1.0}


def test_dummy_is_scikit_learns() -> None:
    truth, _answers = sample(3)
    rows = np.zeros((80, 1))
    made = OUTPUT.dummy(truth, ())
    assert made == pytest.approx(DummyRegressor(strategy="mean").fit(rows, truth).predict(rows))
    assert value("r2", truth, made) == pytest.approx(0.0)


def test_truth_must_be_numbers() -> None:
    assert OUTPUT.read_truth([1, 2.5], ()).tolist() == [1.0, 2.5]
    with pytest.raises(ValueError, match=r"^6 values are not numbers"):
        OUTPUT.read_truth(["canary", None, True, NAN, math.inf, 10**400, 0.0], ())


def test_items_and_classes() -> None:
    truth, answers = sample(5)
    assert OUTPUT.items(truth, answers, ())["value"].tolist() == answers.tolist()
    assert OUTPUT.per_class(truth, answers, ()) == {}
    assert OUTPUT.take(truth, np.array([3, 1])).tolist() == [truth[3], truth[1]]


def test_other_metrics_are_refused() -> None:
    with pytest.raises(KeyError):
        value("accuracy", [0.0], [0.0])


IDS = ["a", "b", "c"]


def _rows(**changes: object) -> list[object]:
    return [{"id": item, "value": answer} for item, answer in ({"c": 3, "b": None, "a": 0.5} | changes).items()]


def _read(content: bytes) -> list[float]:
    answers: FloatArray = OUTPUT.read_answers(split_lines(content), IDS, np.zeros(3), ())
    return [*answers.tolist()]


def test_what_is_written_is_read_again() -> None:
    answers = np.array([1 / 3, NAN, np.float32(1.2345678e-12)])
    lines = OUTPUT.lines(IDS, answers, ())
    assert [json.loads(line)["value"] for line in lines[:2]] == [0.333333333, None]
    assert _read("\n".join(reversed(lines)).encode()) == pytest.approx(answers, rel=1e-8, abs=0.0, nan_ok=True)
    assert json.loads(OUTPUT.lines(["a"], np.array([math.inf]), ())[0])["value"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing ids: 3"),
        (jsonl(_rows()[:2]), "missing ids: 1"),
        (jsonl([*_rows(), *_rows()[:2]]), "doubled ids: 2"),
        (jsonl([*_rows(), {"id": "d", "value": 1}]), "unknown ids: 1"),
        (jsonl(_rows(a=NAN, b=-math.inf)), "not finite: 2"),
        (jsonl(_rows(a=10**400)), "not finite: 1"),
        (jsonl(_rows(a="0.5", b=True, c=[1])), "not numbers: 3"),
        (jsonl([*_rows()[:2], {"id": "a"}]), "missing ids: 1; not a prediction: 1"),
    ],
)
def test_what_is_wrong_is_named_and_counted(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        _read(content)
    assert str(caught.value) == message


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        _read(content)
