"""Quality against compute: who is on the front, what the picture and its table hold, and that a freeze holds in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st

from evaluation.board.chart import quality_compute_chart
from evaluation.models import Reference
from evaluation.ranking.places import pareto_front
from evaluation.selectors import leaderboard
from evaluation.services.board_visibility import set_board_visibility
from hackathon.enums import ScoreVisibility
from hackathon.visibility import Viewer
from hackathon.web.charts import Chart
from submissions.models import Job
from teams.models import Team
from tests.evaluation.scored import make_result, minutes_ago
from tests.factories import TeamFactory, World
from tests.pages import EVERYBODY, html, page
from training_worker.contract.metrics import METRICS
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db

ACCURACY, MSE = METRICS["accuracy"], METRICS["mse"]


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([], []),
        ([(5.0, 0.8)], [(5.0, 0.8)]),
        ([(5.0, 0.8), (1.0, 0.7), (9.0, 0.9)], [(1.0, 0.7), (5.0, 0.8), (9.0, 0.9)]),
        ([(5.0, 0.8), (6.0, 0.8), (5.0, 0.7), (7.0, 0.1)], [(5.0, 0.8)]),
        ([(1.0, -0.5), (2.0, -0.2)], [(1.0, -0.5), (2.0, -0.2)]),
    ],
)
def test_front(points: list[tuple[float, float]], front: list[tuple[float, float]]) -> None:
    assert pareto_front(points, ACCURACY) == front
    mirrored = [(cost, -score) for cost, score in points]
    assert pareto_front(mirrored, MSE) == [(cost, -score) for cost, score in front]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_the_front_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    unbeaten = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] >= p[1] for q in points)}
    assert set(pareto_front(points, ACCURACY)) == unbeaten


def scored(world: World, team: Team, public: float, seconds: float, **more: Any) -> None:
    result = make_result(world, team=team, public=public, **more)
    Job.objects.filter(pk=result.job_id).update(compute_seconds=seconds)


def fill(world: World) -> None:
    make_result(world, team=None, public=0.5, kind=JobKind.BASE_SCORE)
    scored(world, world.team, 0.8, 30.0)
    scored(world, world.rivals, 0.9, 600.0)
    scored(world, TeamFactory(hackathon=world.hackathon, name="Spenders"), 0.85, 900.0)
    scores = {"public_score": 0.7649, "public_se": 0.02, "private_score": 0.1, "private_se": 0.01}
    Reference.objects.create(data=world.data, name="tf-idf", metric="accuracy", **scores)


def chart_for(world: World, viewer: Viewer) -> Chart:
    chart = quality_compute_chart(leaderboard(world.phase, viewer))
    assert chart is not None
    return chart


def test_every_row_of_the_board_is_a_mark_or_a_level_and_a_row_of_the_table(world: World) -> None:
    fill(world)
    chart = chart_for(world, world.captain)
    groups = {group["name"]: group for group in chart.spec["groups"]}
    assert [(m["name"], m["value"]) for m in groups["teams"]["marks"]] == [
        ("Rivals", [600.0, 0.9]),
        ("Spenders", [900.0, 0.85]),
    ]
    assert [(m["name"], m["value"]) for m in groups["your team"]["marks"]] == [("Otters", [30.0, 0.8])]
    assert [(m["name"], m["value"]) for m in groups["not ranked"]["marks"]] == [("tiny-bert, untrained", [7.5, 0.5])]
    assert groups["not ranked"]["levels"] == [{"name": "tf-idf", "yAxis": 0.76}]
    assert chart.rows == [
        ("Rivals", ["0.90 ± 0.02", "+0.40", "10 min 00 s", "on the front"]),
        ("Spenders", ["0.85 ± 0.02", "+0.35", "15 min 00 s", ""]),
        ("Otters", ["0.80 ± 0.02", "+0.30", "30 s", "on the front"]),
        ("tf-idf", ["0.76 ± 0.02", "–", "–", ""]),
        ("tiny-bert, untrained", ["0.50 ± 0.02", "–", "7.5 s", ""]),
    ]


def test_the_front_joins_ranked_rows_alone_and_reaches_the_dearest(world: World) -> None:
    fill(world)
    chart = chart_for(world, AnonymousUser())
    (front,) = chart.spec["series"]
    assert front["points"] == [(30.0, 0.8), (600.0, 0.8), (600.0, 0.9), (900.0, 0.9)]
    assert chart.summary.endswith("Rivals, Otters")
    assert {group["name"] for group in chart.spec["groups"]} == {"teams", "not ranked"}


def test_the_axis_is_logarithmic_where_costs_span_a_decade(world: World) -> None:
    scored(world, world.team, 0.8, 30.0)
    scored(world, world.rivals, 0.9, 299.0)
    assert chart_for(world, world.captain).spec["x_log"] is False
    Job.objects.filter(team=world.rivals).update(compute_seconds=300.0)
    assert chart_for(world, world.captain).spec["x_log"] is True
    Job.objects.filter(team=world.team).update(compute_seconds=0.0)
    assert chart_for(world, world.captain).spec["x_log"] is False


def test_one_score_does_not_make_an_axis_beyond_what_it_can_be(world: World) -> None:
    scored(world, world.team, 0.99, 30.0)
    assert chart_for(world, world.captain).spec["y_axis"] == {"min": 0.96, "max": 1.0, "interval": 0.01}


def test_one_point_has_no_front_to_explain(world: World) -> None:
    scored(world, world.team, 0.8, 30.0)
    assert [key.name for key in chart_for(world, AnonymousUser()).keys] == ["teams"]
    scored(world, world.rivals, 0.9, 60.0)
    assert [key.name for key in chart_for(world, AnonymousUser()).keys] == ["teams", "Pareto front"]


def test_ones_own_name_and_those_on_the_front_are_kept_first(world: World) -> None:
    fill(world)
    groups = chart_for(world, world.captain).spec["groups"]
    weights = {mark["name"]: mark["weight"] for group in groups for mark in group["marks"]}
    assert weights == {"Otters": 2, "Rivals": 1, "Spenders": 0, "tiny-bert, untrained": 0}


def test_without_a_ranked_row_there_is_no_chart(world: World) -> None:
    make_result(world, team=None, public=0.5, kind=JobKind.BASE_SCORE)
    path = f"/c/{world.challenge.slug}/leaderboard/"
    assert quality_compute_chart(leaderboard(world.phase, world.captain)) is None
    assert 'id="compute"' not in html(page(world, "captain", path))
    scored(world, world.team, 0.8, 1.0)
    assert 'id="compute"' in html(page(world, "captain", path))


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_freeze_holds_in_the_chart(world: World, who: str) -> None:
    scored(world, world.team, 0.7, 30.0, received_at=minutes_ago(40))
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN)
    world.phase.frozen_at = minutes_ago(20)
    world.phase.save()
    scored(world, world.team, 0.9, 40.0, received_at=minutes_ago(10))
    scored(world, world.rivals, 0.95, 50.0, received_at=minutes_ago(9))
    text = html(page(world, who, f"/c/{world.challenge.slug}/leaderboard/"))
    chart = text[text.index('id="compute"') :]
    assert ("Rivals" in chart, "0.9" in chart, "40.0" in chart) == ((who == "organizer",) * 3)


def test_a_hostile_name_stays_text_in_the_charts_data(world: World) -> None:
    world.team.name = "</script><script>alert(1)</script>"
    world.team.save()
    scored(world, world.team, 0.8, 30.0)
    assert "<script>alert" not in html(page(world, "rival", f"/c/{world.challenge.slug}/leaderboard/"))
