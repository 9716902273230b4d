"""The curves of a run by what its node reported: losses, validation metrics, learning rate; the time left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.templatetags.display import metric_text
from hackathon.web.axes import Bounds
from hackathon.web.charts import Chart, Point, Series, line_chart
from training_worker.contract.metrics import METRICS

SLOWEST = 1e-3
"""Steps a second: at less no run comes to an end, and nobody is told when it would."""
Curves = Mapping[str, Sequence[Point]]
"""(step, value) by the name of a curve."""


def curves_of(points: Sequence[dict[str, Any]]) -> Curves:
    curves: dict[str, list[Point]] = {}
    for point in points:
        curves.setdefault(point["name"], []).append((point["step"], point["value"]))
    return curves


def curve_charts(curves: Curves, *, metrics: Sequence[str], steps: int, epochs: int) -> list[Chart]:
    """Losses in one chart, each validation metric and the learning rate in its own: different scales never share an
    axis. `epochs` are those of the config; where `steps` are not as many whole ones, none is named."""
    losses = [
        Series(_("training loss"), curves.get("train_loss", []), is_noisy=True),
        Series(_("validation loss"), curves.get("validation_loss", [])),
    ]
    panels: list[tuple[str, list[Series], Bounds | None]] = [
        (_("Loss"), losses, None),
        *(
            (
                _("Validation %(metric)s") % {"metric": metric_text(metric)},
                [Series(_("validation"), curves.get(f"validation_{metric}", []))],
                METRICS[metric].bounds,
            )
            for metric in metrics
        ),
        (_("Validation perplexity"), [Series(_("validation"), curves.get("validation_perplexity", []))], None),
        (_("Learning rate"), [Series(_("learning rate"), curves.get("learning_rate", []))], None),
    ]
    x_unit = steps / epochs if steps and epochs > 1 and steps % epochs == 0 else 0
    charts = [
        line_chart(title, series, x_name=_("step"), x_max=steps, x_unit=x_unit, x_unit_name=_("epoch"), bounds=bounds)
        for title, series, bounds in panels
    ]
    return [chart for chart in charts if chart is not None]


def seconds_left(curves: Curves, *, step: int, steps: int) -> float | None:
    """Until the last step, at the pace of the training so far; None where that is not known, or no pace at all."""
    paces = curves.get("train_steps_per_second")
    if not paces or paces[-1][1] < SLOWEST:
        return None
    return max(0, steps - step) / paces[-1][1]
