"""Predicted over true numbers: the points as a picture, and as a table of a few ranges of the true value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hackathon.web.charts import Chart, Series, cloud_chart
from training_worker.contract.report import Point

RANGES = 10
"""Most rows of the table; each has as many points as the next, give or take one."""


def predicted_chart(points: Sequence[Point]) -> Chart | None:
    """None without points."""
    if not points:
        return None
    title, ordered = _("Predicted and true values"), sorted(points, key=lambda point: point.target)
    ends = [ordered[0].target, ordered[-1].target]
    return cloud_chart(
        title,
        Series(_("validation items"), [(point.target, point.predicted) for point in points], "series-1"),
        line=Series(_("perfect prediction"), [(end, end) for end in ends], "muted"),
        x_name=_("true value"),
        y_name=_("prediction"),
        columns=[_("true value"), _("items"), _("mean prediction"), _("mean absolute error")],
        rows=[_row(part) for part in _parts(ordered)],
        summary=ngettext(
            "%(title)s of %(count)d validation item", "%(title)s of %(count)d validation items", len(points)
        )
        % {"title": title, "count": len(points)},
    )


def _parts(ordered: Sequence[Point]) -> list[Sequence[Point]]:
    count = min(RANGES, len(ordered))
    cuts = [len(ordered) * number // count for number in range(count + 1)]
    return [ordered[start:end] for start, end in pairwise(cuts)]


def _row(part: Sequence[Point]) -> tuple[str, list[str]]:
    low, high = f"{part[0].target:.4g}", f"{part[-1].target:.4g}"
    mean = fmean(point.predicted for point in part)
    error = fmean(abs(point.predicted - point.target) for point in part)
    return low if low == high else f"{low} … {high}", [str(len(part)), f"{mean:.4g}", f"{error:.4g}"]
