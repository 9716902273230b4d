"""The display step and what a score looks like on it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ranking.rounding import decimals_of, round_se, round_to_step, score_text
from hackathon.rounding import display_step

STEPS = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005]


@pytest.mark.parametrize(
    ("se", "step"),
    [
        (0.02, 0.01),
        (0.0199, 0.005),
        (0.01, 0.005),
        (0.018, 0.005),
        (0.004, 0.002),
        (0.1, 0.05),
        (1.0, 0.5),
        (3e-5, 1e-5),
    ],
)
def test_step_is_half_of_the_error_or_the_next_1_2_5_below(se: float, step: float) -> None:
    assert display_step(se) == step


@given(st.floats(min_value=1e-9, max_value=10.0))
def test_step_is_the_largest_1_2_5_up_to_half_of_the_error(se: float) -> None:
    step, half = Decimal(repr(display_step(se))), Decimal(repr(se)) / 2
    digits = step.normalize().as_tuple().digits
    following = {1: 2, 2: Decimal(5) / 2, 5: 2}[digits[0]]
    assert digits in {(1,), (2,), (5,)}
    assert step <= half < step * following


@pytest.mark.parametrize("se", [0.0, -0.1, float("nan")])
def test_no_error_no_step(se: float) -> None:
    with pytest.raises(ValueError):
        display_step(se)


@given(st.floats(min_value=0, max_value=1), st.sampled_from(STEPS))
def test_rounding_stays_within_half_a_step_and_is_idempotent(value: float, step: float) -> None:
    rounded = round_to_step(value, step)
    assert abs(Decimal(repr(rounded)) - Decimal(repr(value))) <= Decimal(repr(step)) / 2
    assert round_to_step(rounded, step) == rounded
    assert len(repr(rounded)) <= 8  # 0.835, never 0.8350000000000001


@given(st.floats(min_value=0, max_value=1), st.floats(min_value=0, max_value=1), st.sampled_from(STEPS))
def test_rounding_never_turns_an_order_around(low: float, high: float, step: float) -> None:
    low, high = sorted([low, high])
    assert round_to_step(low, step) <= round_to_step(high, step)


@pytest.mark.parametrize(
    ("value", "step", "rounded"), [(0.835, 0.01, 0.84), (0.8349, 0.01, 0.83), (0.8375, 0.005, 0.84), (0.07, 0.02, 0.08)]
)
def test_halves_go_up(value: float, step: float, rounded: float) -> None:
    assert round_to_step(value, step) == rounded


def test_text_has_the_decimals_of_the_step() -> None:
    assert score_text(0.8312, 0.0163, 0.01) == "0.83 ± 0.02"
    assert score_text(0.8, 0.0163, 0.005) == "0.800 ± 0.015"
    assert score_text(0.8312, 0.01, 0.5) == "1.0 ± 0.5"
    assert [decimals_of(step) for step in (0.5, 0.1, 0.02, 0.005)] == [1, 1, 2, 3]


def test_error_is_never_shown_as_less_than_a_step() -> None:
    assert round_se(0.0, 0.01) == 0.01
