"""Metrics of ranked lists against scikit-learn and brute force, the lines of predictions, and the report."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from training_worker.contract.report import ExampleKind
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.rankings import Lists

OUTPUT = output_of("ranking")
IDS = ["a", "b"]


def made_lists(seed: int, n: int, most: int, digits: int, relevant: int = 0) -> tuple[Lists, Lists]:
    """Relevances 0 … 3 (or so many of 1) and scores of lists of 2 to `most` candidates; few digits make ties."""
    generator = np.random.default_rng(seed)
    truth, scores = [], []
    for _ in range(n):
        size = int(generator.integers(2, most + 1))
        relevances = np.zeros(size) if relevant else generator.integers(0, 4, size).astype(float)
        relevances[generator.integers(size)] = 1.0
        truth.append(relevances)
        scores.append(generator.normal(size=size).round(digits))
    return truth, scores


seeds, sizes = st.integers(0, 10**6), st.integers(1, 6)


@settings(deadline=None)
@given(seeds, sizes, st.integers(2, 25), st.integers(0, 3))
def test_ndcg_is_scikit_learns(seed: int, n: int, most: int, digits: int) -> None:
    truth, scores = made_lists(seed, n, most, digits)
    expected = np.mean([ndcg_score([t], [s], k=10) for t, s in zip(truth, scores, strict=True)])
    assert OUTPUT.value("ndcg_at_10", truth, scores, ()) == pytest.approx(expected)


@settings(deadline=None)
@given(seeds, sizes, st.integers(2, 25), st.integers(0, 3))
def test_reciprocal_rank_of_one_relevant_candidate_is_scikit_learns(seed: int, n: int, most: int, digits: int) -> None:
    truth, scores = made_lists(seed, n, most, digits, relevant=1)
    pairs = zip(truth, scores, strict=True)
    expected = np.mean([label_ranking_average_precision_score([t], [s]) for t, s in pairs])
    assert OUTPUT.value("mrr", truth, scores, ()) == pytest.approx(expected)


@settings(deadline=None)
@given(seeds, st.integers(2, 40), st.integers(0, 3))
def test_recall_by_brute_force(seed: int, most: int, digits: int) -> None:
    (relevances,), (scores,) = made_lists(seed, 1, most, digits)
    found = 0
    for place in np.flatnonzero(relevances > 0):
        before = [
            other
            for other in range(len(scores))
            if scores[other] > scores[place] or (scores[other] == scores[place] and relevances[other] == 0)
        ]
        equal = [other for other in np.flatnonzero(relevances > 0) if scores[other] == scores[place] and other < place]
        found += len(before) + len(equal) < 10
    expected = found / (relevances > 0).sum()
    assert OUTPUT.value("recall_at_10", [relevances], [scores], ()) == pytest.approx(expected)


def test_by_hand() -> None:
    truth, scores = [np.array([0.0, 1.0, 2.0])], [np.array([0.9, 0.5, 0.1])]
    best = 2 + 1 / np.log2(3)
    assert OUTPUT.value("ndcg_at_10", truth, scores, ()) == pytest.approx((1 / np.log2(3) + 2 / 2) / best)
    assert OUTPUT.value("mrr", truth, scores, ()) == 0.5
    assert OUTPUT.value("recall_at_10", truth, scores, ()) == 1.0


@settings(deadline=None)
@given(seeds, sizes)
def test_no_answer_is_never_better_and_none_at_all_is_nothing(seed: int, n: int) -> None:
    truth, scores = made_lists(seed, n, 12, 1)
    silent = [np.empty(0), *scores[1:]]
    for metric in OUTPUT.metrics:
        assert OUTPUT.value(metric, truth, silent, ()) <= OUTPUT.value(metric, truth, scores, ())
        assert OUTPUT.value(metric, truth, [np.empty(0)] * n, ()) == 0.0


def test_equal_scores_win_nothing() -> None:
    truth = [np.array([1.0, 0.0, 0.0, 0.0])]
    alike = OUTPUT.dummy(truth, ())
    assert OUTPUT.value("mrr", truth, alike, ()) == 0.25
    assert OUTPUT.value("ndcg_at_10", truth, alike, ()) < OUTPUT.value("ndcg_at_10", truth, truth, ()) == 1.0


def test_error_is_that_of_the_mean() -> None:
    truth, scores = made_lists(5, 200, 15, 3)
    for metric in OUTPUT.metrics:
        values = OUTPUT.items(truth, scores, ())[metric]
        made = OUTPUT.estimate(metric, truth, scores, ())
        assert (made.value, made.se) == pytest.approx((values.mean(), values.std(ddof=1) / np.sqrt(200)))
    assert OUTPUT.estimate("mrr", truth, scores, (), np.zeros(200, dtype=int)).se == 0.5


def line(item: str, scores: Any) -> bytes:
    return json.dumps({"id": item, "scores": scores}).encode()


TRUTH = [np.array([1.0, 0.0]), np.array([0.0, 1.0, 2.0])]


def test_what_is_written_is_read() -> None:
    answers = [np.array([0.123456789123, -2.0]), np.empty(0)]
    written = OUTPUT.lines(IDS, answers, ())
    read = OUTPUT.read_answers([text.encode() for text in reversed(written)], IDS, TRUTH, ())
    assert read[0] == pytest.approx(answers[0], rel=1e-8)
    assert len(read[1]) == 0
    assert json.loads(OUTPUT.lines(["a"], [np.array([np.nan, 1.0])], ())[0])["scores"] == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ([0.1], "wrong length: 1"),
        ([0.1, "x"], "not numbers: 1"),
        ([True, 1], "not numbers: 1"),
        ([float("nan"), 1], "not finite: 1"),
        ([10**400, 1], "not finite: 1"),
        ("0.1", "not a prediction: 1"),
        (None, "not a prediction: 1"),
    ],
)
def test_bad_lines_are_refused(bad: Any, problem: str) -> None:
    with pytest.raises(InvalidPredictions) as refused:
        OUTPUT.read_answers([line("a", bad), line("b", [])], IDS, TRUTH, ())
    assert problem in str(refused.value)


@pytest.mark.parametrize("bad", [[], [0, 0], [-1, 1], "1", None, [True], [float("inf")], [10**400]])
def test_truth_is_read_strictly(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"^1 lists are not relevances"):
        OUTPUT.read_truth([[0, 1.5], bad], ())


def test_the_report_tells_lists_by_their_errors() -> None:
    rows = [{"id": "a", "query": "q", "candidates": ["x", "y"]}, {"id": "b", "query": "r", "candidates": list("xyz")}]
    answers, base = [np.array([0.2, 0.1]), np.array([0.9, 0.5, 0.1])], [np.array([0.1, 0.2]), np.empty(0)]
    made = OUTPUT.report(rows, ["query", "candidates"], TRUTH, answers, base, (), OUTPUT.metrics)
    assert {group.kind: [one.id for one in group.examples] for group in made.groups} == {
        ExampleKind.LARGEST_ERROR: ["b"],
        ExampleKind.SMALLEST_ERROR: ["a"],
        ExampleKind.IMPROVED: ["b", "a"],
        ExampleKind.REGRESSED: [],
    }
    worst = made.groups[0].examples[0]
    assert (worst.target, worst.predicted, worst.base_predicted) == ([0.0, 1.0, 2.0], [0.9, 0.5, 0.1], None)
    kept = list(OUTPUT.examples(rows, ["query", "candidates"], TRUTH, answers, base, ()))
    assert [one.id for one in kept] == ["b", "a"]
