"""Sparklines: within their box, rising where the values rise, the same height for noise as for nothing."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from hackathon.web.sparkline import HEIGHT, MARGIN, WIDTH, sparkline


def _heights(path: str) -> list[float]:
    return [float(y) for y in re.findall(r"V([\d.]+)", path)]


def test_no_values_no_line() -> None:
    assert sparkline([]) is None


@pytest.mark.parametrize("values", [[0.8], [0.5, 0.5], [0.1, 0.7, 0.9], [-2.0, -1.0], [float(n) for n in range(200)]])
def test_it_lies_within_its_box_and_ends_at_its_dot(values: list[float]) -> None:
    line = sparkline(values)
    assert line is not None
    heights = _heights(line.path)
    assert all(before != after for before, after in pairwise(heights))
    assert all(MARGIN <= y <= HEIGHT - MARGIN for y in heights)
    ends = [float(x) for x in re.findall(r"H([\d.]+)", line.path)]
    assert ends == sorted(ends)
    assert (ends[-1], heights[-1]) == (line.x, line.y) == (WIDTH - MARGIN, line.y)


def test_more_is_higher_up() -> None:
    line = sparkline([0.1, 0.4, 0.9])
    assert line is not None
    first, second, last = _heights(line.path)
    assert (first, last) == (HEIGHT - MARGIN, MARGIN)
    assert first > second > last


def test_a_small_difference_stays_small() -> None:
    line = sparkline([0.80, 0.81], least_range=0.05)
    assert line is not None
    first, last = _heights(line.path)
    assert 0 < first - last < HEIGHT / 4


def test_a_value_that_holds_is_one_step_as_long_as_it_holds() -> None:
    line = sparkline([0.5, 0.5, 0.5, 0.9])
    assert line is not None
    ends = [float(x) for x in re.findall(r"H([\d.]+)", line.path)]
    assert ends == [round(MARGIN + 0.75 * (WIDTH - 2 * MARGIN), 1), WIDTH - MARGIN]
