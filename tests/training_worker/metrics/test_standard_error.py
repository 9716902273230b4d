"""Standard errors against closed forms, brute force and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_worker.metrics.base import FloatArray, IntArray
from training_worker.metrics.standard_error import (
    CHUNK,
    LARGEST_SE,
    bootstrap_sums,
    bootstrap_weights,
    count_units,
    group_sums,
    mean_se,
)

cases = st.integers(min_value=1, max_value=40).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0, 1), min_size=n, max_size=n).map(np.array),
        st.lists(st.integers(0, 5), min_size=n, max_size=n).map(np.array),
    )
)


@given(cases)
def test_error_over_groups_is_that_of_the_ratio_estimator(case: tuple[FloatArray, IntArray]) -> None:
    values, groups = case
    names = sorted(set(groups.tolist()))
    if len(names) < 2:
        assert mean_se(values, groups) == LARGEST_SE
        return
    residuals = [sum(values[i] - values.mean() for i in range(len(values)) if groups[i] == name) for name in names]
    variance = len(names) / (len(names) - 1) * sum(r * r for r in residuals) / len(values) ** 2
    assert mean_se(values, groups) == pytest.approx(math.sqrt(variance), abs=1e-12)


def test_without_groups_it_is_the_standard_error_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=50)
    expected = pytest.approx(values.std(ddof=1) / math.sqrt(50))
    assert mean_se(values) == expected
    assert mean_se(values, np.arange(50)) == expected


def test_copies_in_a_group_add_no_certainty() -> None:
    values = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    copied = np.repeat(values, 5)
    groups = np.repeat(np.arange(6), 5)
    assert mean_se(copied, groups) == pytest.approx(mean_se(values))
    assert mean_se(copied) < mean_se(values) / 2


def test_one_unit_gives_the_largest_error() -> None:
    assert mean_se(np.array([1.0])) == LARGEST_SE
    assert mean_se(np.array([1.0, 3.0]), np.array([4, 4]), largest=8.0) == 8.0


def test_group_sums_come_in_the_order_of_the_groups() -> None:
    values, groups = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]), np.array([7, 3, 7])
    assert group_sums(values, groups).tolist() == [[2.0, 20.0], [5.0, 50.0]]
    assert group_sums(values, None).tolist() == values.tolist()
    assert (count_units(3, groups), count_units(3, None)) == (2, 3)


@pytest.mark.parametrize("groups", [None, np.arange(60) // 4])
def test_bootstrap_sums_have_mean_and_error_of_the_sum(groups: IntArray | None) -> None:
    values = np.random.default_rng(1).integers(0, 4, 60)[:, None]
    sums = bootstrap_sums(values, groups, draws=4000)[:, 0]
    units = group_sums(values, groups)[:, 0]
    assert sums.mean() == pytest.approx(values.sum(), rel=0.02)
    assert sums.std() == pytest.approx(math.sqrt(len(units)) * units.std(), rel=0.05)


def test_bootstrap_weights_draw_groups_whole() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2])
    (weights,) = bootstrap_weights(6, groups, draws=3000)
    assert weights.shape == (3000, 6)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(6), abs=0.06)


def test_bootstrap_weights_come_in_parts_of_limited_size() -> None:
    parts = list(bootstrap_weights(CHUNK // 10, None, draws=25))
    assert [len(part) for part in parts] == [10, 10, 5]
    assert all((part.sum(axis=1) == CHUNK // 10).all() for part in parts)


def test_same_items_same_draws() -> None:
    values = np.arange(12.0)[:, None]
    assert (bootstrap_sums(values, None) == bootstrap_sums(values, None)).all()
    first, second = next(bootstrap_weights(12, None)), next(bootstrap_weights(12, None))
    assert (first == second).all()
