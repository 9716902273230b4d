"""Line charts as geometry for an SVG: numbers become attributes, never style, so that the strict CSP holds. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

WIDTH, HEIGHT = 420, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 8, 24
MAX_POINTS = 200


@dataclass(frozen=True)
class Series:
    """One line: (x, y) in the order of x."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """A drawn series; `x`, `y` is where its last point lies, `last` that point's value in words."""

    name: str
    number: int
    path: str
    x: float
    y: float
    last: str


@dataclass(frozen=True)
class LineChart:
    title: str
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    """The same data as a table: (x, one cell per column, "" where a series has no point there)."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def line_chart(title: str, series: Sequence[Series], *, x_max: float = 0.0) -> LineChart | None:
    """A chart of the series that have points; the x axis goes from 0 to at least `x_max`. None without points."""
    drawn = [Series(s.name, thin(s.points)) for s in series if s.points]
    if not drawn:
        return None
    ys = [y for s in drawn for _x, y in s.points]
    high_x = max([x_max, 1.0, *(x for s in drawn for x, _y in s.points)])
    y_values = nice_ticks(min(ys), max(ys), 4)
    low_y, high_y = y_values[0], y_values[-1]
    places = max(0, -math.floor(math.log10(y_values[1] - low_y) + 1e-9))

    def place(point: Point) -> Point:
        x = LEFT + (WIDTH - LEFT - RIGHT) * point[0] / high_x
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (point[1] - low_y) / (high_y - low_y)
        return round(x, 1), round(y, 1)

    x_values = [value for value in nice_ticks(0.0, high_x, 5) if value <= high_x]
    return LineChart(
        title=title,
        lines=[
            _line(s, number, place(s.points[-1]), [place(p) for p in s.points]) for number, s in enumerate(drawn, 1)
        ],
        x_ticks=[Tick(place((value, low_y))[0], f"{value:g}") for value in x_values],
        y_ticks=[Tick(place((0.0, value))[1], f"{value:.{places}f}") for value in y_values],
        columns=[s.name for s in drawn],
        rows=_table(drawn),
    )


def _line(series: Series, number: int, end: Point, placed: list[Point]) -> Line:
    path = "M" + " L".join(f"{x} {y}" for x, y in placed)
    return Line(series.name, number, path, end[0], end[1], f"{series.points[-1][1]:.4g}")


def _table(series: Sequence[Series]) -> list[tuple[str, list[str]]]:
    columns = [dict(s.points) for s in series]
    steps = sorted({x for column in columns for x in column})
    return [(f"{x:g}", [f"{column[x]:.4g}" if x in column else "" for column in columns]) for x in steps]


def thin(points: Sequence[Point], limit: int = MAX_POINTS) -> list[Point]:
    """At most about `limit` of the points, evenly taken, with the first and the last; non-finite ones dropped."""
    finite = [point for point in points if math.isfinite(point[1])]
    every = max(1, math.ceil(len(finite) / limit))
    kept = finite[::every]
    return kept if not finite or kept[-1] == finite[-1] else [*kept, finite[-1]]


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round values (steps of 1, 2 or 5 × 10^k) that enclose [low, high]."""
    if high - low < 1e-9 * max(1.0, abs(high)):
        low, high = low - max(abs(low) * 0.05, 0.05), high + max(abs(high) * 0.05, 0.05)
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]
