"""A board whose metric is the better the lower it is: everything that ranks, compares or draws follows."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from evaluation.models import LeaderboardEntry, Reference
from evaluation.selectors import leaderboard, submission_scores
from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.display_step import fix_display_step
from evaluation.services.leaderboard import rebuild_leaderboard
from evaluation.visibility import score_view
from hackathon.enums import ScoreVisibility
from hackathon.errors import Conflict
from hackathon.models import Phase
from hackathon.web.sparkline import HEIGHT, sparkline
from tests.api import get
from tests.evaluation.report.validated import set_task
from tests.evaluation.scored import make_result, minutes_ago, reserved_team
from tests.factories import World
from tests.pages import html, page
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def ratings(world: World) -> World:
    """A challenge ranked by the mean squared error: Otters came down to 0.61, Rivals are at 0.7, the base at 1.5."""
    set_task(world, "text-regression")
    make_result(world, team=None, public=1.5, private=1.4, kind=JobKind.BASE_SCORE)
    for minutes, public, private in [(9, 0.8, 0.9), (6, 0.9, 0.5), (3, 0.6149, 0.8)]:
        make_result(world, team=world.team, public=public, private=private, received_at=minutes_ago(minutes))
    make_result(world, team=world.rivals, public=0.7, private=0.7, received_at=minutes_ago(5))
    for name, public in (("mean", 2.0), ("tf-idf", 1.1)):
        scores = {"public_score": public, "public_se": 0.05, "private_score": public, "private_se": 0.05}
        Reference.objects.create(data=world.data, name=name, metric="mse", **scores)
    return world


def board_page(world: World) -> str:
    return " ".join(html(page(world, "captain", f"/c/{world.challenge.slug}/leaderboard/")).split())


def test_the_lowest_error_leads_and_gains_are_what_was_taken_off(ratings: World) -> None:
    board = leaderboard(ratings.phase, ratings.captain)
    assert [(row.place, row.name, row.score.value, row.gain) for row in board.rows] == [
        (1, "Otters", 0.61, 0.89),
        (2, "Rivals", 0.7, 0.8),
    ]
    assert [row.name for row in board.unranked] == ["tf-idf", "tiny-bert, untrained", "mean"]
    assert board.rows[0].history == (0.8, 0.8, 0.61)


def test_who_is_worse_than_the_base_has_a_negative_gain(ratings: World) -> None:
    worse = make_result(ratings, team=reserved_team(ratings), public=1.8, kind=JobKind.BASELINE, note="too much")
    (row,) = [row for row in leaderboard(ratings.phase, ratings.captain).unranked if row.name == "too much"]
    assert row.gain == -0.3
    assert '<td class="num wide down">−0.30</td>' in board_page(ratings)
    scores = submission_scores(worse.submission, ratings.organizer)
    assert scores is not None
    assert scores.gain == -0.3


def test_no_difference_is_no_negative_zero(ratings: World) -> None:
    make_result(ratings, team=reserved_team(ratings), public=1.5, kind=JobKind.BASELINE, note="the same")
    rows = {row.name: row for row in leaderboard(ratings.phase, ratings.captain).unranked}
    assert str(rows["the same"].gain) == "0.0"


def test_rows_of_the_database_are_in_the_order_of_the_board_and_made_anew_alike(ratings: World) -> None:
    def stored() -> list[Any]:
        return list(LeaderboardEntry.objects.values_list("team__name", "score", "sort_key", "history"))

    before = stored()
    assert before == [("Otters", 0.61, -0.61, [0.8, 0.8, 0.6149]), ("Rivals", 0.7, -0.7, [0.7])]
    LeaderboardEntry.objects.all().delete()
    assert rebuild_leaderboard(phase=ratings.phase) == 2
    assert stored() == before


def test_a_frozen_and_a_released_board_rank_alike(ratings: World) -> None:
    ratings.phase.score_visibility, ratings.phase.frozen_at = ScoreVisibility.FROZEN, minutes_ago(4)
    ratings.phase.save()
    frozen = leaderboard(Phase.objects.get(pk=ratings.phase.pk), ratings.captain)
    assert [(row.name, row.score.value, row.history) for row in frozen.rows] == [
        ("Rivals", 0.7, (0.7,)),
        ("Otters", 0.8, (0.8, 0.8)),
    ]
    set_board_visibility(phase=ratings.phase, visibility=ScoreVisibility.RELEASED)
    final = leaderboard(ratings.phase, ratings.captain)
    assert [(row.name, row.score.value, row.gain) for row in final.rows] == [
        ("Rivals", 0.7, 0.7),
        ("Otters", 0.8, 0.6),
    ]


def test_page_chart_and_line_say_the_direction(ratings: World) -> None:
    text = board_page(ratings)
    assert "mse (lower is better), 30 public test items" in text
    spec = json.loads(
        re.findall(r'<script type="application/json">(.*?)</script>', text[text.index('id="compute"') :])[0]
    )
    assert spec["y_name"] == "mse (lower is better)"
    (front,) = spec["series"]
    assert front["points"] == [[7.5, 0.61]]
    drawn = re.findall(
        r'aria-label="3 scored submissions, from 0.80 to 0.61".*?<circle cx="[\d.]+" cy="([\d.]+)"', text
    )
    assert float(drawn[0]) < HEIGHT / 2  # it ends above where it began
    plain = sparkline([0.8, 0.8, 0.61])
    assert plain is not None
    assert plain.y > HEIGHT / 2


def test_a_metric_of_the_usual_direction_says_nothing(world: World) -> None:
    make_result(world, team=world.team, public=0.8)
    text = board_page(world)
    assert "lower is better" not in text
    assert get(world, "captain", f"leaderboard/{world.phase.pk}/").json()["direction"] == "higher"


def test_files_and_api_name_the_direction(ratings: World) -> None:
    answer = get(ratings, "captain", f"leaderboard/{ratings.phase.pk}/").json()
    assert (answer["metric"], answer["direction"]) == ("mse", "lower")
    assert [(row["score"]["value"], row["gain"]) for row in answer["rows"]] == [(0.61, 0.89), (0.7, 0.8)]
    content = page(ratings, "captain", f"/c/{ratings.challenge.slug}/leaderboard.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [(row["metric"], row["direction"]) for row in rows] == [("mse", "lower")] * 5
    assert [row["name"] for row in rows][:2] == ["Otters", "Rivals"]


def test_submission_and_challenge_say_the_direction(ratings: World) -> None:
    submission = ratings.rivals.submissions.get()
    text = " ".join(html(page(ratings, "rival", f"/s/{submission.pk}/")).split())
    assert "<dt>mse (lower is better), public test</dt>" in text
    assert '<dd class="up">+0.80' in text
    challenge = " ".join(html(page(ratings, "rival", f"/c/{ratings.challenge.slug}/")).split())
    assert '<dd>mse <span class="muted">(lower is better)</span></dd>' in challenge


# --- the step -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public", "se", "step", "text", "base_text"),
    [
        (1234.5678, 41.0, 20.0, "1240 ± 40", "2000 ± 60"),
        (0.00123456, 0.000041, 0.00002, "0.00124 ± 0.00004", "0.00200 ± 0.00006"),
    ],
)
def test_steps_of_an_error_of_any_scale(
    world: World, public: float, se: float, step: float, text: str, base_text: str
) -> None:
    set_task(world, "text-regression")
    scale = public / 1234.5678
    make_result(world, team=reserved_team(world), public=public, se=se, kind=JobKind.BASELINE)
    assert fix_display_step(phase=world.phase) == step
    make_result(world, team=None, public=2000 * scale, se=60 * scale, kind=JobKind.BASE_SCORE)
    make_result(world, team=world.team, public=public, se=se)
    (row,) = leaderboard(world.phase, world.captain).rows
    assert row.base_score is not None
    assert (row.score.text, row.base_score.text) == (text, base_text)
    assert row.gain == pytest.approx(760 * scale, rel=1e-4)
    shown = board_page(world)
    assert f"steps of {'20' if step == 20 else '0.00002'};" in shown
    assert f"+{'760' if step == 20 else '0.00076'}" in shown


def test_the_step_comes_from_the_best_reference(ratings: World) -> None:
    Reference.objects.filter(name="mean").update(public_se=9.0)
    LeaderboardEntry.objects.all().delete()
    for result in ratings.data.result_set.filter(job__submission__isnull=False):
        result.delete()
    assert fix_display_step(phase=ratings.phase) == 0.02  # of tf-idf, the lowest


def test_a_perfect_baseline_without_bounds_gives_no_step(world: World) -> None:
    set_task(world, "text-regression")
    make_result(world, team=reserved_team(world), public=0.0, se=0.0, kind=JobKind.BASELINE)
    with pytest.raises(Conflict, match="no step follows"):
        fix_display_step(phase=world.phase)


def test_other_metrics_are_no_more_exact_than_the_primary_one(world: World) -> None:
    accuracy = score_view(world.phase, organizes=False)
    assert accuracy.shown_metric("f1_macro", 0.81234, 0.0421, 0.021).text == "0.81 ± 0.04"
    set_task(world, "text-regression")
    world.phase.display_step = 20.0
    mse = score_view(world.phase, organizes=False)
    assert mse.shown_metric("mse", 1234.5678, 41.0, 41.0).text == "1240 ± 40"
    assert mse.shown_metric("mae", 28.4321, 0.6, 41.0).text == "28.5 ± 0.5"  # 20/41 of 0.6 is 0.29: steps of 0.5
    assert mse.shown_metric("spearman", 0.81234, 0.02, 41.0).text == "0.81 ± 0.02"
    assert mse.shown_metric("pearson", 1.0, 0.0, 41.0).text == "0 ± 20"
