"""Curves of a run by what its node reported, and the time that its training still takes."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.curves import curve_charts, curves_of, seconds_left
from submissions.models import Job, ProgressChunk
from tests.evaluation.scored import submit
from tests.evaluation.test_pages_live import start
from tests.factories import World
from tests.pages import html, page


def points(name: str, *pairs: tuple[int, float]) -> list[dict[str, Any]]:
    return [{"step": step, "name": name, "value": value} for step, value in pairs]


REPORTED = [
    *points("train_loss", (1, 0.9), (10, 0.5)),
    *points("learning_rate", (1, 0.001), (10, 0.0005)),
    *points("train_steps_per_second", (1, 1.0), (10, 4.0)),
    *points("validation_accuracy", (0, 0.5)),
]


def test_each_scale_has_a_chart_of_its_own() -> None:
    charts = curve_charts(curves_of(REPORTED), metrics=["accuracy"], steps=20, epochs=1)
    assert [chart.title for chart in charts] == ["Loss", "Validation accuracy", "Learning rate"]
    loss, _accuracy, rate = charts
    assert rate.rows == [("1", ["0.001"]), ("10", ["0.0005"])]
    assert [line["noisy"] for chart in (loss, rate) for line in chart.spec["series"]] == [True, False]


@pytest.mark.parametrize(
    ("steps", "epochs", "axis", "unit"),
    [(20, 2, "step (1 epoch = 10)", 10), (20, 1, "step", 0), (20, 3, "step", 0), (0, 3, "step", 0)],
)
def test_the_axis_names_an_epoch_where_it_is_a_number_of_steps(steps: int, epochs: int, axis: str, unit: int) -> None:
    chart = curve_charts(curves_of(REPORTED), metrics=[], steps=steps, epochs=epochs)[0]
    assert (chart.spec["x_axis"], chart.spec["x_unit"]) == (axis, unit)


@pytest.mark.parametrize(("step", "left"), [(10, 2.5), (20, 0), (21, 0)])
def test_the_rest_takes_as_long_as_at_the_last_pace(step: int, left: float) -> None:
    assert seconds_left(curves_of(REPORTED), step=step, steps=20) == left


def test_nothing_is_said_without_a_pace() -> None:
    assert seconds_left(curves_of(REPORTED[:2]), step=10, steps=20) is None
    for pace in (0.0, 5e-324, -1.0):
        assert seconds_left(curves_of(points("train_steps_per_second", (1, pace))), step=10, steps=20) is None


@pytest.mark.django_db
def test_the_page_of_a_training_run_tells_the_time_left(world: World) -> None:
    job = start(submit(world))
    path = f"/s/{job.submission_id}/"
    assert "of training left" not in html(page(world, "captain", path))
    ProgressChunk.objects.create(job=job, attempt=1, seq=2, points=REPORTED, lines=[])
    text = html(page(world, "captain", path))
    assert "about 15 s of training left" in text  # 60 steps at 4 a second
    Job.objects.filter(pk=job.pk).update(stage="predict")
    assert "of training left" not in html(page(world, "captain", path))
