"""Where the axis of a chart begins and ends. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 4
"""An axis has at least so many intervals."""
ROOM = 0.08
"""Share of the values' range that is left free on both sides of them."""
LEAST = 0.05
"""Share of what the values may be that the axis shows at least: one value alone does not fill it."""
TINY = 1e-300
"""Below it floating-point numbers have no digits left to divide by."""
Bounds = tuple[float | None, float | None]
"""Between which values can be; None where nothing bounds them."""


@dataclass(frozen=True)
class Axis:
    least: float
    most: float
    interval: float

    @property
    def spec(self) -> dict[str, float]:
        """As ECharts names it."""
        return {"min": self.least, "max": self.most, "interval": self.interval}


def value_axis(values: Sequence[float], bounds: Bounds) -> Axis:
    """From and to multiples of an interval of 1, 2 or 5 × 10^k, with room around the values and never beyond `bounds`.

    There must be a value.
    """
    low, high = bounds
    least, most = min(values), max(values)
    whole = high - low if low is not None and high is not None else 2 * max(abs(least), abs(most)) or 1.0
    room = max(ROOM * (most - least), (LEAST * whole - (most - least)) / 2, TINY)
    interval = round_number((most - least + 2 * room) / STEPS)
    start = _rounded(math.floor(round((least - room) / interval, 6)) * interval)
    end = _rounded(math.ceil(round((most + room) / interval, 6)) * interval)
    return Axis(start if low is None else max(start, low), end if high is None else min(end, high), interval)


def log_limits(values: Sequence[float]) -> tuple[float, float]:
    """The 1, 2 or 5 × 10^k around values above 0: whole powers of ten would leave most of an axis empty."""
    least, most = min(values), max(values)
    start, end = round_number(least), round_number(most)
    return start, end if end == most else _next(end)


def round_number(number: float) -> float:
    """The largest 1, 2 or 5 × 10^k that is at most `number`, which is not below 0; `TINY` where that is less."""
    number = max(number, TINY)
    power = 10.0 ** math.floor(math.log10(number))
    return _rounded(max(digit * power for digit in (1, 2, 5) if digit * power <= number * (1 + 1e-9) or digit == 1))


def _next(number: float) -> float:
    """The 1, 2 or 5 × 10^k after that one."""
    return round_number(number * 2.5)


def _rounded(number: float) -> float:
    return float(f"{number:.12g}") + 0.0  # no -0.0
