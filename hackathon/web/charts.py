"""Charts as data: what `static/hackathon/charts.js` draws with ECharts, and the same numbers as a table. Pure.

Colours are names of CSS tokens, so that a chart follows the theme; nothing here becomes a style.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.text import isolated

from .axes import Bounds, log_limits, value_axis

Point = tuple[float, float]

MAX_POINTS = 200
COLOURS = 6
"""Tokens --series-1 … --series-6."""


@dataclass(frozen=True)
class Series:
    """One line: (x, y) in the order of x. `tone` is a colour token ("bad"); else the next of the series colours.

    A noisy one may be smoothed by who looks at it.
    """

    name: str
    points: Sequence[Point]
    tone: str = ""
    is_noisy: bool = False


@dataclass(frozen=True)
class Bars:
    """One value per category of the chart."""

    name: str
    values: Sequence[float]
    tone: str = ""


@dataclass(frozen=True)
class Dot:
    """One mark; without an x it is a level across the chart. `cells` are its row of the table, as people read it.

    Where there is no room for all names the weightier marks keep theirs; those without weight have one where marks are
    few.
    """

    label: str
    x: float | None
    y: float
    cells: Sequence[str]
    weight: int = 0


@dataclass(frozen=True)
class Dots:
    """Marks of one kind. `symbol` is one of ECharts: "circle", "diamond", "triangle", "rect"."""

    name: str
    dots: Sequence[Dot]
    tone: str = ""
    symbol: str = "circle"


@dataclass(frozen=True)
class Key:
    """One entry of the legend; `last` is the series' last value in words, "" where that says nothing."""

    name: str
    tone: str
    last: str = ""
    is_dashed: bool = False
    symbol: str = ""
    """Of marks; "" for lines and bars."""


@dataclass(frozen=True)
class Chart:
    title: str
    spec: dict[str, Any]
    """JSON for charts.js; `spec["kind"]` is "lines", "bars", "dots" or "cloud"."""
    keys: list[Key]
    columns: list[str]
    """Headings of the table, that of the row headers first."""
    rows: list[tuple[str, list[str]]]
    """(row header, one cell per series; "" where a series has no point there)."""
    summary: str
    """What a screen reader says instead of the picture."""


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_name: str,
    x_max: float = 0.0,
    x_unit: float = 0.0,
    x_unit_name: str = "",
    bounds: Bounds | None = None,
    says_last: bool = True,
) -> Chart | None:
    """Lines over a numeric axis from 0 to at least `x_max`; every second line is dashed. None without points.

    `x_unit` is a larger unit of the axis, 0 for none: 96 steps are an epoch. With `bounds` the upright axis keeps
    within them. `says_last`: the legend has each line's last value.
    """
    drawn = [Series(s.name, thin(s.points), s.tone, s.is_noisy) for s in series if s.points]
    if not drawn:
        return None
    keys = [
        Key(s.name, _tone(s.tone, number), _number(s.points[-1][1]) if says_last else "", is_dashed=number % 2 == 1)
        for number, s in enumerate(drawn)
    ]
    lines = [
        {"name": key.name, "tone": key.tone, "dashed": key.is_dashed, "points": list(s.points), "noisy": s.is_noisy}
        for key, s in zip(keys, drawn, strict=True)
    ]
    x_axis = f"{x_name} (1 {x_unit_name} = {x_unit:g})" if x_unit else x_name
    values = [y for s in drawn for _x, y in s.points]
    return Chart(
        title=title,
        spec={
            "kind": "lines",
            "x_name": x_name,
            "x_axis": x_axis,
            "x_max": x_max,
            "x_unit": x_unit,
            "x_unit_name": x_unit_name,
            "y_axis": value_axis(values, bounds).spec if bounds and values else {},
            "smoothed": _("smoothed"),
            "series": lines,
        },
        keys=keys,
        columns=[x_name, *(s.name for s in drawn)],
        rows=_rows_by_x(drawn),
        summary=f"{title}: " + ", ".join(f"{key.name} {key.last}".strip() for key in keys),
    )


def bar_chart(
    title: str, categories: Sequence[str], bars: Sequence[Bars], *, category_name: str, stacked: bool = False
) -> Chart | None:
    """Bars by category, side by side or stacked. None where every value is zero or there is none."""
    if not any(value for series in bars for value in series.values):
        return None
    keys = [Key(series.name, _tone(series.tone, number)) for number, series in enumerate(bars)]
    drawn = [
        {"name": key.name, "tone": key.tone, "values": list(series.values)}
        for key, series in zip(keys, bars, strict=True)
    ]
    return Chart(
        title=title,
        spec={"kind": "bars", "categories": list(categories), "stacked": stacked, "series": drawn},
        keys=keys if len(keys) > 1 else [],
        columns=[category_name, *(series.name for series in bars)],
        rows=[
            (category, [_number(series.values[index]) for series in bars]) for index, category in enumerate(categories)
        ],
        summary=f"{title}: " + "; ".join(_highest(series, categories) for series in bars if any(series.values)),
    )


def scatter_chart(
    title: str,
    groups: Sequence[Dots],
    *,
    line: Series,
    x_name: str,
    y_name: str,
    bounds: Bounds,
    is_lower_better: bool,
    columns: Sequence[str],
    summary: str,
) -> Chart | None:
    """Named marks and `line`, dashed; the x axis is logarithmic where its values span a decade.

    `line` joins the best marks. `bounds` are those of y.

    `columns` head the table: that of the labels, then one per cell of a dot. None without a mark.
    """
    groups = [group for group in groups if group.dots]
    xs = [dot.x for group in groups for dot in group.dots if dot.x is not None]
    if not xs:
        return None
    keys = [Key(g.name, _tone(g.tone, number), symbol=g.symbol) for number, g in enumerate(groups)]
    is_log = 0 < 10 * min(xs) <= max(xs)
    return Chart(
        title=title,
        spec={
            "kind": "dots",
            "x_name": x_name,
            "y_name": y_name,
            "x_log": is_log,
            "x_limits": log_limits(xs) if is_log else [],
            "y_axis": value_axis([dot.y for group in groups for dot in group.dots], bounds).spec,
            "is_lower_better": is_lower_better,
            "groups": [_drawn_dots(group, key.tone) for group, key in zip(groups, keys, strict=True)],
            "series": [_dashed(line)],
        },
        keys=[*keys, *([Key(line.name, line.tone, is_dashed=True)] if len(line.points) > 1 else [])],
        columns=list(columns),
        rows=[(dot.label, list(dot.cells)) for group in groups for dot in group.dots],
        summary=summary,
    )


def cloud_chart(
    title: str,
    points: Series,
    *,
    line: Series,
    x_name: str,
    y_name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, list[str]]],
    summary: str,
) -> Chart | None:
    """Many marks without names, and `line`, dashed. The table is the caller's: it has few rows. None without a mark."""
    if not points.points:
        return None
    tone = _tone(points.tone, 0)
    return Chart(
        title=title,
        spec={
            "kind": "cloud",
            "x_name": x_name,
            "y_name": y_name,
            "name": points.name,
            "tone": tone,
            "points": list(points.points),
            "series": [_dashed(line)],
        },
        keys=[Key(points.name, tone, symbol="circle"), Key(line.name, line.tone, is_dashed=True)],
        columns=list(columns),
        rows=list(rows),
        summary=summary,
    )


def _dashed(line: Series) -> dict[str, Any]:
    return {"name": line.name, "tone": line.tone, "dashed": True, "points": list(line.points)}


def _drawn_dots(group: Dots, tone: str) -> dict[str, Any]:
    marks = [
        {
            "name": dot.label,
            "value": [dot.x, dot.y],
            "note": " · ".join(cell for cell in dot.cells if cell),
            "weight": dot.weight,
        }
        for dot in group.dots
        if dot.x is not None
    ]
    levels = [{"name": dot.label, "yAxis": dot.y} for dot in group.dots if dot.x is None]
    return {"name": group.name, "tone": tone, "symbol": group.symbol, "marks": marks, "levels": levels}


def _highest(bars: Bars, categories: Sequence[str]) -> str:
    index = max(range(len(categories)), key=lambda number: bars.values[number])
    return _("%(name)s at most %(value)s (%(category)s)") % {
        "name": bars.name,
        "value": _number(bars.values[index]),
        "category": isolated(categories[index]),
    }


def _tone(tone: str, number: int) -> str:
    return tone or f"series-{number % COLOURS + 1}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _rows_by_x(series: Sequence[Series]) -> list[tuple[str, list[str]]]:
    columns = [dict(s.points) for s in series]
    steps = sorted({x for column in columns for x in column})
    return [(f"{x:g}", [_number(column[x]) if x in column else "" for column in columns]) for x in steps]


def thin(points: Sequence[Point], limit: int = MAX_POINTS) -> list[Point]:
    """At most about `limit` of the points, evenly taken, with the first and the last; non-finite ones dropped."""
    finite = [point for point in points if math.isfinite(point[1])]
    every = max(1, math.ceil(len(finite) / limit))
    kept = finite[::every]
    return kept if not finite or kept[-1] == finite[-1] else [*kept, finite[-1]]
