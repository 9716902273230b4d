"""The first metric of a report over parts of its items, as text."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluation.ranking.rounding import decimals_for
from training_worker.contract.metrics import METRICS, MetricSpec
from training_worker.contract.report import PartRow, ValidationReport


@dataclass(frozen=True)
class PartLine:
    """`gain` is above 0 where the run is better than the base model."""

    name: str
    items: int
    value: str
    se: str
    base: str
    gain: float | None


def part_lines(report: ValidationReport) -> list[PartLine]:
    return [_line(part, METRICS[report.metrics[0].name]) for part in report.parts]


def figure_decimals(metric: MetricSpec, value: float, base: float | None) -> int:
    """Four, or as many as show four digits of a metric that has no upper bound."""
    return 4 if metric.high is not None else decimals_for(max(abs(value), abs(base or 0.0)))


def _line(part: PartRow, metric: MetricSpec) -> PartLine:
    decimals = figure_decimals(metric, part.value, part.base)
    lengths = _("%(low)d to %(high)d characters") % {"low": part.low, "high": part.high}
    return PartLine(
        name=part.slice or lengths,
        items=part.items,
        value=f"{part.value:.{decimals}f}",
        se=f"{part.se:.{decimals}f}",
        base="–" if part.base is None else f"{part.base:.{decimals}f}",
        gain=None if part.base is None else metric.gain(part.value, part.base),
    )
