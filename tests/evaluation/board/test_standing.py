"""A team's place on its submissions' pages: what the board would say to the same viewer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from evaluation.board.standing import team_place
from evaluation.selectors import leaderboard
from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.withdraw import withdraw_submission
from hackathon.enums import ScoreVisibility
from hackathon.models import Phase
from submissions.models import Submission
from tests.evaluation.report.validated import set_task
from tests.evaluation.scored import make_result, minutes_ago, reserved_team
from tests.factories import TeamFactory, World
from tests.pages import html, page

pytestmark = pytest.mark.django_db


def run(world: World, public: float, minutes: float = 5, **more: float) -> Submission:
    return make_result(world, team=world.team, public=public, received_at=minutes_ago(minutes), **more).submission


def of(submission: Submission) -> Submission:
    return Submission.objects.select_related("phase__challenge__hackathon", "phase__data").get(pk=submission.pk)


def others(world: World, *scores: float) -> None:
    for score in scores:
        make_result(world, team=TeamFactory(hackathon=world.hackathon), public=score)


@pytest.mark.parametrize(("public", "place"), [(0.91, 1), (0.9049, 1), (0.8951, 1), (0.8949, 2), (0.8, 3)])
def test_the_place_is_that_of_the_board_ties_and_all(world: World, public: float, place: int) -> None:
    others(world, 0.9, 0.81)
    make_result(world, team=reserved_team(world), public=0.99)
    submission = of(run(world, public))
    found = team_place(submission, world.captain)
    assert found is not None
    assert (found.place, found.teams, found.best) == (place, 3, submission)
    own = next(row for row in leaderboard(submission.phase, world.captain).rows if row.is_own)
    assert own.place == place


def test_lower_may_be_better(world: World) -> None:
    set_task(world, "text-regression")
    others(world, 2.0, 0.5)
    found = team_place(of(run(world, 1.0)), world.captain)
    assert found is not None
    assert found.place == 2


def test_a_worse_run_names_the_one_that_stands_there(world: World) -> None:
    best, worse = run(world, 0.9), run(world, 0.7, minutes=3)
    others(world, 0.95)
    text = " ".join(html(page(world, "captain", f"/s/{worse.pk}/")).split())
    assert "<b>Place 2 of 2</b>" in text
    assert f'with <a href="/s/{best.pk}/">{best}</a>, the team' in text
    assert f'href="/c/{world.challenge.slug}/leaderboard/?phase={world.phase.pk}">Leaderboard</a>' in text
    assert "best run" not in html(page(world, "captain", f"/s/{best.pk}/"))


def test_a_frozen_board_says_only_how_it_stood(world: World) -> None:
    first = run(world, 0.7)
    others(world, 0.8)
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN)
    world.phase.refresh_from_db()
    soon = timezone.now() + timedelta(seconds=1)
    later = of(make_result(world, team=world.team, public=0.95, finished_at=soon).submission)
    seen, live = team_place(later, world.captain), team_place(later, world.organizer)
    assert seen is not None
    assert live is not None
    assert (seen.place, seen.best, seen.is_frozen) == (2, first, True)
    assert (live.place, live.best, live.is_frozen) == (1, later, False)
    assert "(frozen)" in html(page(world, "captain", f"/s/{later.pk}/"))


def test_released_scores_rank_by_the_private_ones(world: World) -> None:
    submission = run(world, 0.9, private=0.3)
    make_result(world, team=world.rivals, public=0.8, private=0.6)
    Phase.objects.filter(pk=world.phase.pk).update(score_visibility=ScoreVisibility.RELEASED)
    found = team_place(of(submission), world.captain)
    assert found is not None
    assert found.place == 2


def test_no_place_without_a_ranked_run_or_a_board_to_see(world: World) -> None:
    submission = run(world, 0.9)
    withdraw_submission(submission=of(submission), user=world.captain)
    assert team_place(of(submission), world.captain) is None
    other = run(world, 0.8)
    assert team_place(of(other), world.captain) is not None
    world.challenge.is_published = False
    world.challenge.save()
    assert team_place(of(other), world.captain) is None
    text = html(page(world, "captain", f"/s/{other.pk}/"))
    assert ("Place 1 of" in text, "/leaderboard/" in text) == (False, False)
