"""Ratings: errors as of any numbers, each user's items as a list against scikit-learn, users as units."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, root_mean_squared_error

from training_worker.metrics import output_of
from training_worker.metrics.ratings import NOBODY, Ratings, user_values
from training_worker.metrics.standard_error import mean_se

OUTPUT = output_of("rating")
NAN = float("nan")


def made(seed: int, users: int, most: int) -> tuple[Ratings, np.ndarray]:
    """Stars of 2 to `most` items of each user, the users' items in any order, and answers with a few ties."""
    generator = np.random.default_rng(seed)
    of = np.repeat(np.arange(users), generator.integers(2, most + 1, users))
    generator.shuffle(of)
    stars = generator.integers(1, 6, len(of)).astype(float)
    return Ratings(stars, of), (stars + generator.normal(size=len(of)) * 2).round(1)


def read(pairs: list[tuple[str, float]]) -> Ratings:
    truth: Ratings = OUTPUT.read_truth([list(pair) for pair in pairs], ())
    return truth


seeds, users = st.integers(0, 10**6), st.integers(1, 6)


@settings(deadline=None)
@given(seeds, users, st.integers(2, 25))
def test_ndcg_is_scikit_learns_of_what_is_above_the_users_lowest_rating(seed: int, count: int, most: int) -> None:
    truth, answers = made(seed, count, most)
    lists = [(truth.values[truth.users == user], answers[truth.users == user]) for user in range(count)]
    expected = [ndcg_score([t - t.min()], [a], k=10) for t, a in lists if np.ptp(t)]
    found = OUTPUT.estimate("ndcg_at_10", truth, answers, ())
    assert found.value == pytest.approx(np.mean(expected) if expected else NOBODY)
    if expected:
        assert found.se == pytest.approx(mean_se(np.array(expected)))


@settings(deadline=None)
@given(seeds, users, st.integers(12, 30))
def test_recall_by_brute_force(seed: int, count: int, most: int) -> None:
    """Of equal answers the good items stand last."""
    truth, answers = made(seed, count, most)
    expected = []
    for user in range(count):
        stars, said = truth.values[truth.users == user], answers[truth.users == user]
        if np.ptp(stars) and len(stars) > 10:
            good = stars > stars.mean()
            order = sorted(range(len(stars)), key=lambda n: (-said[n], good[n]))
            expected.append(good[order[:10]].sum() / good.sum())
    assert OUTPUT.value("recall_at_10", truth, answers, ()) == pytest.approx(np.mean(expected) if expected else NOBODY)


def test_errors_are_those_of_all_items_and_vary_by_user() -> None:
    truth, answers = made(3, 40, 20)
    found = OUTPUT.estimate("rmse", truth, answers, ())
    assert found.value == pytest.approx(root_mean_squared_error(truth.values, answers))
    squares = np.square(truth.values - answers)
    assert found.se == pytest.approx(mean_se(squares, truth.users) / (2 * found.value))
    assert OUTPUT.value("r2", truth, OUTPUT.dummy(truth, ()), ()) == pytest.approx(0.0)


def test_users_without_an_order_do_not_count() -> None:
    truth = read([("a", 5), ("b", 3), ("a", 1), ("b", 3), ("c", 4)])
    assert user_values("ndcg_at_10", truth, np.array([2.0, 1, 1, 2, 3])).tolist() == [1.0]
    assert len(user_values("recall_at_10", truth, np.zeros(5))) == 0
    alike = read([("a", 3), ("a", 3)])
    assert OUTPUT.value("ndcg_at_10", alike, np.zeros(2), ()) == NOBODY
    assert OUTPUT.estimate("recall_at_10", alike, np.zeros(2), ()).se == 0.0


def test_no_answer_is_the_worst_one_also_in_the_order() -> None:
    truth = read([("a", 5), ("a", 1), ("a", 2)])
    perfect, without = np.array([5.0, 1, 2]), np.array([NAN, 1, 2])
    assert OUTPUT.value("rmse", truth, without, ()) == OUTPUT.value("rmse", truth, np.array([1.0, 1, 2]), ())
    assert OUTPUT.value("ndcg_at_10", truth, without, ()) < OUTPUT.value("ndcg_at_10", truth, perfect, ()) == 1.0
    nothing = np.full(3, NAN)
    for metric in OUTPUT.metrics[:-1]:
        worst = OUTPUT.estimate(metric, truth, nothing, ())
        assert np.isfinite([worst.value, worst.se]).all()


def test_lines_are_those_of_numbers_and_parts_keep_their_users() -> None:
    truth = read([("a", 5), ("b", 1), ("a", 2)])
    answers = np.array([4.5, NAN, 2.0])
    lines = OUTPUT.lines(["x", "y", "z"], answers, ())
    assert json.loads(lines[1]) == {"id": "y", "value": None}
    found = OUTPUT.read_answers([line.encode() for line in reversed(lines)], ["x", "y", "z"], truth, ())
    assert np.array_equal(found, answers, equal_nan=True)
    part = OUTPUT.take(truth, np.array([0, 2]))
    assert (part.values.tolist(), part.users.tolist()) == ([5.0, 2.0], [0, 0])


def test_what_is_no_rating_is_told_without_a_value() -> None:
    with pytest.raises(ValueError, match="2 values are not a user and a rating"):
        OUTPUT.read_truth([["a", 1.0], "canary", [1, 2.0]], ())
    with pytest.raises(ValueError, match="1 values are not numbers"):
        OUTPUT.read_truth([["a", 1.0], ["b", "canary"]], ())


def test_the_report_has_points_errors_and_every_metric() -> None:
    truth, answers = made(1, 5, 6)
    rows = [{"id": str(n), "user": f"u{user}", "item": f"i{n}"} for n, user in enumerate(truth.users)]
    report = OUTPUT.report(rows, ["user", "item"], truth, answers, OUTPUT.dummy(truth, ()), (), OUTPUT.metrics)
    assert [row.name for row in report.metrics] == [*OUTPUT.metrics]
    assert len(report.points) == len(truth)
    (largest, *_rest) = report.groups[0].examples
    assert largest.error == pytest.approx(np.abs(truth.values - answers).max())
    assert len(list(OUTPUT.examples(rows, ["user", "item"], truth, answers, None, ()))) == len(truth)
