"""Axes of charts: round numbers, room around the values, never beyond what a value can be."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hackathon.web.axes import Axis, Bounds, log_limits, round_number, value_axis
from training_worker.contract.bounds import LARGEST_FIGURE

SHARE: Bounds = (0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "bounds", "axis"),
    [
        ([0.75], SHARE, Axis(0.72, 0.78, 0.01)),
        ([1.0], SHARE, Axis(0.97, 1.0, 0.01)),
        ([0.0], SHARE, Axis(0.0, 0.03, 0.01)),
        ([0.62, 0.94], SHARE, Axis(0.55, 1.0, 0.05)),
        ([0.0, 1.0], SHARE, Axis(0.0, 1.0, 0.2)),
        ([0.2], (-1.0, 1.0), Axis(0.14, 0.26, 0.02)),
        ([3.0, 3.0], (0.0, None), Axis(2.85, 3.15, 0.05)),
        ([0.5, 120.0], (0.0, None), Axis(0.0, 140.0, 20.0)),
        ([-40.0, 0.5], (None, 1.0), Axis(-50.0, 1.0, 10.0)),
        ([0.0], (None, None), Axis(-0.03, 0.03, 0.01)),
    ],
)
def test_an_axis(values: list[float], bounds: Bounds, axis: Axis) -> None:
    assert value_axis(values, bounds) == axis


@given(st.lists(st.floats(0, 1), min_size=1))
def test_a_share_never_has_an_axis_beyond_1(values: list[float]) -> None:
    axis = value_axis(values, SHARE)
    assert 0 <= axis.least <= min(values)
    assert max(values) <= axis.most <= 1
    assert axis.least < axis.most


@pytest.mark.parametrize(
    ("values", "limits"),
    [([1.6, 116.0], (1.0, 200.0)), ([3.0, 40.0], (2.0, 50.0)), ([5.0, 500.0], (5.0, 500.0)), ([0.7, 9.0], (0.5, 10.0))],
)
def test_limits_of_a_logarithmic_axis(values: list[float], limits: tuple[float, float]) -> None:
    assert log_limits(values) == limits


@pytest.mark.parametrize(
    ("number", "rounded"), [(1.0, 1.0), (0.0935, 0.05), (19.9, 10.0), (0.3, 0.2), (1000.0, 1000.0)]
)
def test_round_numbers(number: float, rounded: float) -> None:
    assert round_number(number) == rounded


@example([5e-324])
@example([-5e-324, 5e-324])
@example([1e-310, LARGEST_FIGURE])
@given(st.lists(st.floats(-LARGEST_FIGURE, LARGEST_FIGURE), min_size=1))
def test_whatever_a_node_may_send_has_an_axis(values: list[float]) -> None:
    axis = value_axis(values, (None, None))
    assert all(map(math.isfinite, (axis.least, axis.most, axis.interval)))
    assert axis.least < axis.most
    assert axis.interval > 0
    positive = [abs(value) for value in values if value]
    if positive:
        low, high = log_limits(positive)
        assert 0 < low <= high < math.inf
