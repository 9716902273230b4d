"""Precision over recall, and accuracy over probability, as pictures with their tables."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from hackathon.web.charts import Chart, Series, cloud_chart, line_chart
from training_worker.contract.report import RECALLS, CalibrationBin, PrecisionCurve


def precision_chart(curves: Sequence[PrecisionCurve]) -> Chart | None:
    """A line for each class; None without one."""
    lines = [Series(_curve_name(curve), list(zip(RECALLS, curve.precisions, strict=True))) for curve in curves]
    title = _("Precision at each recall, with the average precision")
    return line_chart(title, lines, x_name=_("recall"), x_max=1.0, bounds=(0.0, 1.0), says_last=False)


def _curve_name(curve: PrecisionCurve) -> str:
    if curve.base is None:
        return f"{curve.label} ({curve.average_precision:.3f})"
    values = {"label": curve.label, "tuned": f"{curve.average_precision:.3f}", "base": f"{curve.base:.3f}"}
    return _("%(label)s (%(tuned)s, base %(base)s)") % values


def calibration_chart(bins: Sequence[CalibrationBin]) -> Chart | None:
    """The share of right answers over their mean probability; None without a bin."""
    title = _("Calibration: share of right answers by their probability")
    return cloud_chart(
        title,
        Series(_("answers of like probability"), [(one.confidence, one.accuracy) for one in bins], "series-1"),
        line=Series(_("perfect calibration"), [(0.0, 0.0), (1.0, 1.0)], "muted"),
        x_name=_("probability"),
        y_name=_("share right"),
        columns=[_("probability"), _("items"), _("mean probability"), _("share right")],
        rows=[_bin_row(one) for one in bins],
        summary=title,
    )


def _bin_row(one: CalibrationBin) -> tuple[str, list[str]]:
    return f"{one.low:.2f} … {one.high:.2f}", [str(one.items), f"{one.confidence:.3f}", f"{one.accuracy:.3f}"]
