"""A row's history as a small line for an SVG: numbers become attributes, never style, so that the strict CSP holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

WIDTH, HEIGHT, MARGIN = 72, 20, 3


@dataclass(frozen=True)
class Sparkline:
    """A path in steps through `width` × `height`; `x`, `y` is where it ends."""

    path: str
    x: float
    y: float
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(values: Sequence[float], *, least_range: float = 0.0) -> Sparkline | None:
    """Evenly spaced values, each held until the next that differs; None without values.

    `least_range` is the smallest difference that fills the height, so that noise does not look like a climb.
    One value is a dot at the end of a flat line.
    """
    if not values:
        return None
    low, high = min(values), max(values)
    middle, extent = (low + high) / 2, max(high - low, least_range) or 1.0
    places = [round(HEIGHT / 2 - (value - middle) / extent * (HEIGHT - 2 * MARGIN), 1) for value in values]
    across = (WIDTH - 2 * MARGIN) / len(values)
    runs = groupby(enumerate(places, 1), key=itemgetter(1))
    steps = [f"V{y:g}H{round(MARGIN + across * list(run)[-1][0], 1):g}" for y, run in runs]
    return Sparkline(f"M{MARGIN} {places[0]:g}" + "".join(steps), WIDTH - MARGIN, places[-1])
