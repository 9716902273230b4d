"""The display step that a phase gets at import, before any baseline is scored."""

from __future__ import annotations

import math
from statistics import fmean, pstdev

import pytest

from hackathon.rounding import MAX_STEP, MIN_STEP, display_step
from hackathon.services.display_step import default_display_step


@pytest.mark.parametrize(("count", "step"), [(30, 0.02), (600, 0.005), (5000, 0.002), (10**6, 0.0001), (1, 0.05)])
def test_a_share_has_the_error_of_a_guessed_baseline(count: int, step: float) -> None:
    assert default_display_step("accuracy", ["label"] * count) == step
    assert default_display_step("entity_f1", [["O"]] * count) == step
    assert default_display_step("bleu", ["text"] * count) == pytest.approx(100 * step)


def test_a_mean_error_has_that_of_answering_the_mean() -> None:
    targets = [math.sin(n) * 3 for n in range(600)]
    squares = [(value - fmean(targets)) ** 2 for value in targets]
    absolute = [abs(value - fmean(targets)) for value in targets]
    assert default_display_step("mse", targets) == display_step(pstdev(squares) / 600**0.5) == 0.05
    assert default_display_step("mae", targets) == display_step(pstdev(absolute) / 600**0.5) == 0.01
    root_se = pstdev(squares) / 600**0.5 / (2 * pstdev(targets))
    assert default_display_step("rmse", targets) == display_step(root_se)


@pytest.mark.parametrize("scale", [10, 1000])
def test_the_step_of_an_error_has_the_targets_unit(scale: int) -> None:
    targets = [float(n % 7) for n in range(700)]
    larger = [scale * value for value in targets]
    for metric in ("mae", "rmse"):
        assert default_display_step(metric, larger) == pytest.approx(scale * default_display_step(metric, targets))
    assert default_display_step("mse", larger) == pytest.approx(scale**2 * default_display_step("mse", targets))


@pytest.mark.parametrize("metric", ["pearson", "spearman", "r2"])
def test_correlations_have_one_over_the_root(metric: str) -> None:
    assert default_display_step(metric, [0.0] * 100) == 0.05
    assert default_display_step(metric, [1e9] * 10_000) == 0.005


def test_it_stays_within_what_a_phase_may_have() -> None:
    assert default_display_step("mse", [5.0] * 50) == MIN_STEP
    assert default_display_step("mse", [-1e15, 1e15, 0.0]) == MAX_STEP
