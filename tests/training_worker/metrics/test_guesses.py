"""Metrics of hidden words by brute force, the lines of predictions, and the report."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, top_k_accuracy_score

from training_worker.contract.metrics import LARGEST_LOG_LOSS, METRICS
from training_worker.contract.report import ExampleKind
from training_worker.contract.words import MOST_WORDS, word_form
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.guess_report import Guesses
from training_worker.metrics.standard_error import mean_se

OUTPUT = output_of("words")
WORDS = [f"word{n}" for n in range(12)]


def made(seed: int, n: int) -> tuple[list[str], list[Guesses], np.ndarray, np.ndarray]:
    """Items with a probability for every word, and the same as numbers and an array."""
    generator = np.random.default_rng(seed)
    right = generator.integers(0, len(WORDS), n)
    shares = generator.dirichlet(np.full(len(WORDS), 0.5), n)
    answers = [sorted(zip(WORDS, row.tolist(), strict=True), key=lambda guess: -guess[1]) for row in shares]
    return [WORDS[number] for number in right], answers, right, shares


seeds, sizes = st.integers(0, 10**6), st.integers(2, 30)


@settings(deadline=None)
@given(seeds, sizes)
def test_metrics_are_scikit_learns(seed: int, n: int) -> None:
    truth, answers, right, shares = made(seed, n)
    names = range(len(WORDS))
    expected = top_k_accuracy_score(right, shares, k=5, labels=names)
    assert OUTPUT.value("recall_at_5", truth, answers, ()) == pytest.approx(expected)
    assert OUTPUT.value("accuracy", truth, answers, ()) == pytest.approx((shares.argmax(axis=1) == right).mean())
    places = 1 + (shares > shares[np.arange(n), right][:, None]).sum(axis=1)
    assert OUTPUT.value("mrr", truth, answers, ()) == pytest.approx((1 / places).mean())
    clipped = np.clip(shares, 1e-7, 1)
    losses = -np.log(clipped[np.arange(n), right])
    assert OUTPUT.value("perplexity", truth, answers, ()) == pytest.approx(np.exp(losses.mean()))
    if (shares > 1e-7).all():
        assert np.exp(log_loss(right, shares, labels=names)) == pytest.approx(np.exp(losses.mean()))
    found = OUTPUT.estimate("perplexity", truth, answers, ())
    assert found.se == pytest.approx(found.value * mean_se(losses, largest=LARGEST_LOG_LOSS / 2))


def test_words_are_the_same_without_case_and_accents() -> None:
    assert word_form(" Café ") == word_form("CAFE\u0301") == "cafe"
    assert word_form("東京") == "東京"
    answers: list[Guesses] = [[("cafe", 0.5), ("Café", 0.25), ("tea", 0.25)]]
    assert OUTPUT.value("accuracy", ["CAFÉ"], answers, ()) == 1.0
    assert OUTPUT.value("perplexity", ["CAFÉ"], answers, ()) == pytest.approx(1 / 0.75)


def test_no_answer_and_a_word_that_is_not_listed_are_the_worst() -> None:
    for answers in ([[]], [[("tea", 1.0)]]):
        worst = {metric: OUTPUT.estimate(metric, ["coffee"], answers, ()) for metric in OUTPUT.metrics}
        assert {metric: found.value for metric, found in worst.items()} == {
            "accuracy": 0.0,
            "recall_at_5": 0.0,
            "mrr": 0.0,
            "perplexity": pytest.approx(METRICS["perplexity"].high),
        }
        assert all(math.isfinite(found.se) for found in worst.values())
    assert OUTPUT.value("perplexity", ["tea"], [[("tea", 1.0)]], ()) == METRICS["perplexity"].low


def test_what_a_list_leaves_is_shared_by_other_words() -> None:
    found = OUTPUT.value("perplexity", ["coffee"], [[("tea", 0.7)]], ())
    assert found == pytest.approx(30_000 / 0.3)
    assert OUTPUT.value("perplexity", ["coffee"], [[("tea", 0.7), ("milk", 1e-6)]], ()) == pytest.approx(1e6)


def test_dummy_knows_frequencies() -> None:
    truth = ["b", "a", "B", "c"]
    dummy = OUTPUT.dummy(truth, ())
    assert dummy[0][0] == ("b", 0.5)
    assert OUTPUT.value("perplexity", truth, dummy, ()) == pytest.approx(math.exp(1.5 * math.log(2)))


def test_lines_can_be_read_again_in_any_order() -> None:
    truth, answers, _right, _shares = made(1, 3)
    answers[1] = []
    ids = ["x", "y", "z"]
    lines = OUTPUT.lines(ids, answers, ())
    assert json.loads(lines[1]) == {"id": "y", "words": []}
    found = OUTPUT.read_answers([line.encode() for line in reversed(lines)], ids, truth, ())
    assert [[word for word, _ in guesses] for guesses in found] == [[word for word, _ in one] for one in answers]
    assert found[0][0][1] == pytest.approx(answers[0][0][1], abs=1e-6)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("a", "not a prediction"),
        (None, "not a prediction"),
        ([["a"]], "not a prediction"),
        ([["a", "0.5"]], "not a prediction"),
        ([["", 0.5]], "not a prediction"),
        ([["x" * 41, 0.5]], "not a prediction"),
        ([["a", True]], "not a prediction"),
        ([["a", 0.01]] * (MOST_WORDS + 1), "not a prediction"),
        ([["a", 1.5]], "not probabilities"),
        ([["a", -0.5]], "not probabilities"),
        ([["a", 0.1], ["b", 0.2]], "not in order"),
    ],
)
def test_other_lines_are_refused_without_repeating_them(words: Any, problem: str) -> None:
    body = [json.dumps({"id": "x", "words": words}).encode()]
    with pytest.raises(InvalidPredictions, match=problem):
        OUTPUT.read_answers(body, ["x"], ["a"], ())
    nan = [b'{"id": "x", "words": [["a", NaN]]}']
    with pytest.raises(InvalidPredictions):
        OUTPUT.read_answers(nan, ["x"], ["a"], ())


def test_truth_that_is_no_word_is_told_without_it() -> None:
    with pytest.raises(ValueError, match="3 values are not words"):
        OUTPUT.read_truth(["canary", "", 1, None], ())


def test_the_report_tells_right_from_wrong_and_changes_from_base() -> None:
    truth = ["a", "b", "c"]
    answers: list[Guesses] = [[("A", 0.9), ("b", 0.1)], [("a", 0.6), ("b", 0.3)], []]
    base: list[Guesses] = [[("b", 0.5)], [("b", 0.5)], [("a", 0.2)]]
    rows = [{"id": word, "text": f"[MASK] {word}"} for word in truth]
    report = OUTPUT.report(rows, ["text"], truth, answers, base, (), OUTPUT.metrics)
    groups = {group.kind: [example.id for example in group.examples] for group in report.groups}
    assert groups == {
        ExampleKind.ERROR: ["b", "c"],
        ExampleKind.UNCERTAIN: [],
        ExampleKind.CONFIDENT: ["a"],
        ExampleKind.IMPROVED: ["a"],
        ExampleKind.REGRESSED: ["b"],
    }
    (error, nothing) = report.groups[0].examples
    assert error.predicted == [{"word": "a", "probability": 0.6}, {"word": "b", "probability": 0.3}]
    assert (error.target, error.confidence, error.target_confidence) == ("b", 0.6, 0.3)
    assert nothing.predicted is None
    assert len(list(OUTPUT.examples(rows, ["text"], truth, answers, None, ()))) == 3
