"""Quality against compute: the board's rows as a picture. It knows nothing that the viewer's board does not hold."""

from __future__ import annotations

from itertools import pairwise

from django.utils.translation import gettext as _

from evaluation.ranking.places import pareto_front
from hackathon.templatetags.display import duration, metric_text, signed
from hackathon.web.charts import Chart, Dot, Dots, Point, Series, scatter_chart
from training_worker.contract.metrics import METRICS
from training_worker.contract.text import isolated

from .rows import Board, BoardRow


def quality_compute_chart(board: Board) -> Chart | None:
    """Score over compute seconds, one dot per ranked team; None where no ranked row has a cost.

    The front joins those that no other ranked row beats with as little compute; unranked rows never push one off it.
    """
    points = [point for row in board.rows if (point := _at(row))]
    metric = METRICS[board.metric]
    front = pareto_front(points, metric)
    if not front:
        return None
    names = ", ".join(isolated(row.name) for row in board.rows if _at(row) in front)
    title = _("Quality against compute")
    return scatter_chart(
        title,
        [
            Dots(_("teams"), _dots([row for row in board.rows if not row.is_own], front), "series-1"),
            Dots(_("your team"), _dots([row for row in board.rows if row.is_own], front), "series-2", "diamond"),
            Dots(_("not ranked"), _dots(board.unranked, []), "muted", "triangle"),
        ],
        line=Series(_("Pareto front"), _stairs(front, upto=max(points)[0]), "good"),
        x_name=_("compute, seconds"),
        y_name=metric_text(board.metric),
        bounds=metric.bounds,
        is_lower_better=metric.sign < 0,
        columns=[_("entry"), board.metric, _("over base"), _("compute"), _("Pareto front")],
        summary=_("%(title)s; best for their compute: %(names)s") % {"title": title, "names": names},
    )


def _at(row: BoardRow) -> Point | None:
    return None if row.compute_seconds is None else (row.compute_seconds, row.score.value)


def _dots(rows: list[BoardRow], front: list[Point]) -> list[Dot]:
    return [
        Dot(row.name, row.compute_seconds, row.score.value, _cells(row, front), weight=_weight(row, front))
        for row in rows
    ]


def _weight(row: BoardRow, front: list[Point]) -> int:
    return 2 if row.is_own else 1 if _at(row) in front else 0


def _cells(row: BoardRow, front: list[Point]) -> list[str]:
    gain = signed(row.gain, row.score.text)
    return [row.score.text, gain, duration(row.compute_seconds), _("on the front") if _at(row) in front else ""]


def _stairs(front: list[Point], *, upto: float) -> list[Point]:
    """A best score holds until the next dot of the front beats it, the last one up to the dearest row."""
    corners = [(after[0], before[1]) for before, after in pairwise(front)]
    stairs = [front[0], *(point for pair in zip(corners, front[1:], strict=True) for point in pair)]
    return stairs if upto == front[-1][0] else [*stairs, (upto, front[-1][1])]
