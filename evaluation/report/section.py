"""How a validation report looks on a page: figures as text, matrix with shades, charts, examples."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hackathon.models import Challenge, ChallengeData
from hackathon.presentation.shown import data_file_url, presentation_of
from hackathon.web.charts import Bars, Chart, bar_chart
from training_worker.contract.metrics import METRICS
from training_worker.contract.report import ExampleKind, MetricRow, ValidationReport

from .curves import calibration_chart, precision_chart
from .examples import ShownGroup, shown_group
from .parts import PartLine, figure_decimals, part_lines
from .scatter import predicted_chart

MATRIX_CLASSES = 40
"""With more classes the matrix is not drawn: its most frequent confusions are listed, the JSON has all of it."""
NARROW_CLASSES = 6
"""With more classes the matrix has its column heads upright."""
CHART_CLASSES = 10
"""With more classes there is no chart: the table says it better."""
SHADES = 9


@dataclass(frozen=True)
class MetricLine:
    """A metric as text, all of one row with equally many decimals; `gain` is above 0 where the run is better."""

    name: str
    value: str
    se: str
    base: str
    gain: float | None


@dataclass(frozen=True)
class Cell:
    """`percent` is of the row; `heat` is 0 (none) … 9 (all of the row)."""

    count: int
    percent: int
    heat: int
    is_right: bool


@dataclass(frozen=True)
class MatrixRow:
    label: str
    total: int
    cells: list[Cell]


@dataclass(frozen=True)
class ReportSection:
    report: ValidationReport
    metrics: list[MetricLine]
    columns: list[str]
    rows: list[MatrixRow]
    is_upright: bool
    f1_chart: Chart | None
    """F1 by class, base beside tuned."""
    scatter: Chart | None
    """Predicted over true numbers."""
    curves: Chart | None
    calibration: Chart | None
    parts: list[PartLine]
    presentation: str
    """Name of the template that shows an example."""
    groups: list[ShownGroup]
    improved: int
    regressed: int

    @property
    def has_narrow_matrix(self) -> bool:
        """Is the matrix narrow enough to stand beside the metrics? It says all that the top confusions say."""
        return bool(self.rows) and not self.is_upright


def report_section(report: ValidationReport, *, challenge: Challenge, data: ChallengeData) -> ReportSection:
    spec, file_url = challenge.task_spec, data_file_url(challenge, data)
    counts = {group.kind: group.count for group in report.groups}
    is_drawn = len(report.labels) <= MATRIX_CLASSES
    return ReportSection(
        report=report,
        metrics=[_metric_line(row) for row in report.metrics],
        columns=_columns(report),
        rows=_matrix(report) if is_drawn else [],
        is_upright=len(report.labels) > NARROW_CLASSES,
        f1_chart=_f1_chart(report) if report.has_base and len(report.classes) <= CHART_CLASSES else None,
        scatter=predicted_chart(report.points),
        curves=precision_chart(report.curves),
        calibration=calibration_chart(report.calibration),
        parts=part_lines(report),
        presentation=presentation_of(spec),
        groups=[shown_group(group, spec=spec, file_url=file_url, has_base=report.has_base) for group in report.groups],
        improved=counts.get(ExampleKind.IMPROVED, 0),
        regressed=counts.get(ExampleKind.REGRESSED, 0),
    )


def _metric_line(row: MetricRow) -> MetricLine:
    """With four decimals, or as many as show four digits of a metric that is not at most 1."""
    metric = METRICS[row.name]
    decimals = figure_decimals(metric, row.value, row.base)
    return MetricLine(
        name=row.name,
        value=f"{row.value:.{decimals}f}",
        se=f"{row.se:.{decimals}f}",
        base="–" if row.base is None else f"{row.base:.{decimals}f}",
        gain=None if row.base is None else metric.gain(row.value, row.base),
    )


def _f1_chart(report: ValidationReport) -> Chart | None:
    bars = [
        Bars(_("base"), [round(row.base_f1 or 0.0, 4) for row in report.classes], tone="muted"),
        Bars(_("tuned"), [round(row.f1, 4) for row in report.classes], tone="series-1"),
    ]
    return bar_chart(_("F1 by class"), [row.label for row in report.classes], bars, category_name=_("class"))


def _has_unanswered(report: ValidationReport) -> bool:
    return any(row[-1] for row in report.confusion)


def _columns(report: ValidationReport) -> list[str]:
    return [*report.labels, _("no answer")] if _has_unanswered(report) else list(report.labels)


def _matrix(report: ValidationReport) -> list[MatrixRow]:
    width = len(_columns(report))
    rows = []
    for index, counts in enumerate(report.confusion):
        total = sum(counts)
        cells = [_cell(count, total, is_right=column == index) for column, count in enumerate(counts[:width])]
        rows.append(MatrixRow(report.labels[index], total, cells))
    return rows


def _cell(count: int, total: int, *, is_right: bool) -> Cell:
    share = count / total if total else 0.0
    heat = 0 if count == 0 else max(1, round(share * SHADES))
    return Cell(count=count, percent=round(100 * share), heat=heat, is_right=is_right)
