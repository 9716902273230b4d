"""How the validation report looks on a page: matrix with shades, groups of examples with their headings."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hackathon.web.charts import Bars, Chart, bar_chart

from .validation import Kind
from .validation_files import ExampleGroup, ValidationReport

MATRIX_CLASSES = 40
"""With more classes the matrix is not drawn: its most frequent confusions are listed, the JSON has all of it."""
NARROW_CLASSES = 6
"""With more classes the matrix has its column heads upright."""
CHART_CLASSES = 10
"""With more classes there is no chart: the table says it better."""
SHADES = 9


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
class ShownGroup:
    kind: str
    title: str
    hint: str
    group: ExampleGroup


@dataclass(frozen=True)
class ValidationSection:
    report: ValidationReport
    columns: list[str]
    rows: list[MatrixRow]
    is_upright: bool
    chart: Chart | None
    """F1 by class, base beside tuned."""
    groups: list[ShownGroup]
    fixed: int
    broken: int


def validation_section(report: ValidationReport) -> ValidationSection:
    counts = {group.kind: group.count for group in report.groups}
    is_drawn = len(report.labels) <= MATRIX_CLASSES
    return ValidationSection(
        report=report,
        columns=_columns(report),
        rows=_matrix(report) if is_drawn else [],
        is_upright=len(report.labels) > NARROW_CLASSES,
        chart=_chart(report) if report.has_base and len(report.labels) <= CHART_CLASSES else None,
        groups=[_shown(group) for group in report.groups],
        fixed=counts.get(Kind.FIXED, 0),
        broken=counts.get(Kind.BROKEN, 0),
    )


def _chart(report: ValidationReport) -> Chart | None:
    bars = [
        Bars(_("base"), [round(row.base_f1 or 0.0, 4) for row in report.classes], tone="muted"),
        Bars(_("tuned"), [round(row.f1, 4) for row in report.classes], tone="series-1"),
    ]
    return bar_chart(_("F1 by class"), list(report.labels), bars, category_name=_("class"))


def _has_unanswered(report: ValidationReport) -> bool:
    return any(row[-1] for row in report.counts)


def _columns(report: ValidationReport) -> list[str]:
    return [*report.labels, _("no answer")] if _has_unanswered(report) else list(report.labels)


def _matrix(report: ValidationReport) -> list[MatrixRow]:
    width = len(_columns(report))
    rows = []
    for index, (label, counts) in enumerate(zip(report.labels, report.counts, strict=True)):
        total = sum(counts)
        cells = [_cell(count, total, is_right=column == index) for column, count in enumerate(counts[:width])]
        rows.append(MatrixRow(label, total, cells))
    return rows


def _cell(count: int, total: int, *, is_right: bool) -> Cell:
    share = count / total if total else 0.0
    heat = 0 if count == 0 else max(1, round(share * SHADES))
    return Cell(count=count, percent=round(100 * share), heat=heat, is_right=is_right)


def _shown(group: ExampleGroup) -> ShownGroup:
    title, hint = {
        Kind.WRONG_SURE: (_("Wrong, and sure of it"), _("Wrong answers, the highest probability first.")),
        Kind.RIGHT_UNSURE: (_("Right, but unsure"), _("Right answers, the lowest probability first.")),
        Kind.RIGHT_SURE: (_("Right, and sure of it"), _("Right answers, the highest probability first.")),
        Kind.FIXED: (_("Fixed by training"), _("The base model was wrong, your run is right.")),
        Kind.BROKEN: (_("Broken by training"), _("The base model was right, your run is wrong.")),
    }[group.kind]
    return ShownGroup(group.kind.value.replace("_", "-"), title, hint, group)
