"""What home offers a team that has a score: to improve on its best run, as long as its quota lasts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from evaluation.selectors import best_runs
from evaluation.services.withdraw import withdraw_submission
from submissions.models import Quota, Submission
from submissions.pages.next_steps import hackathon_statuses
from submissions.pages.step import NextStep
from submissions.rules import quota_day
from tests.evaluation.report.validated import set_task
from tests.evaluation.scored import make_result, minutes_ago
from tests.factories import PhaseFactory, World
from tests.pages import html, page

pytestmark = pytest.mark.django_db


def scored(world: World, public: float, minutes: float) -> Submission:
    return make_result(world, team=world.team, public=public, received_at=minutes_ago(minutes)).submission


def step(world: World, now: datetime | None = None) -> NextStep:
    now = now or minutes_ago(0)
    return hackathon_statuses(world.captain, [world.hackathon], now=now, read_best_runs=best_runs)[0].step


def spend(world: World, **used: float) -> None:
    today = quota_day(minutes_ago(0), world.hackathon.time_zone)
    Quota.objects.update_or_create(team=world.team, phase=world.phase, defaults={"day": today, **used})


def test_it_starts_from_the_best_run_not_the_last(world: World) -> None:
    best, last = scored(world, 0.9, 9), scored(world, 0.7, 5)
    make_result(world, team=world.rivals, public=0.99)
    found = step(world)
    assert found.text == f"Nothing is running. Your team's best is {best} with 0.90 ± 0.02."
    assert (found.label, found.url) == (f"Improve on {best}", f"/c/{world.challenge.slug}/submit/?copy={best.pk}")
    assert f"?copy={best.pk}" in html(page(world, "captain", "/"))
    assert f"?copy={best.pk}" in html(page(world, "captain", f"/h/{world.hackathon.slug}/"))
    withdraw_submission(submission=Submission.objects.select_related("phase").get(pk=best.pk), user=world.captain)
    assert step(world).label == f"Improve on {last}"


def test_the_best_is_the_lowest_where_lower_is_better(world: World) -> None:
    set_task(world, "text-regression")
    scored(world, 2.0, 9)
    best = scored(world, 1.0, 5)
    assert step(world).label == f"Improve on {best}"


def test_a_run_of_another_phase_is_no_best_one(world: World) -> None:
    earlier = PhaseFactory(
        challenge=world.challenge, name="First", data=world.data, opens_at=minutes_ago(900), closes_at=minutes_ago(800)
    )
    old = make_result(world, team=world.team, public=0.9, phase=earlier).submission
    assert best_runs([(world.team, world.phase)]) == {}
    assert step(world).text == f"Submission {old} is scored; nothing is running."


def test_a_spent_day_says_when_it_starts_anew(world: World) -> None:
    scored(world, 0.9, 9)
    spend(world, used_today=world.phase.per_day)
    found = step(world)
    cap, zone = world.phase.per_day, ZoneInfo("UTC")
    assert found.text.startswith(f"Daily limit reached ({cap}/{cap}), resets at {datetime.now(zone):%Y}-")
    assert "copy=" not in found.url
    assert "Improve on" not in html(page(world, "captain", "/"))


@pytest.mark.parametrize(
    ("used", "words"),
    [({"used_total": 10**6}, "Submission limit of this phase reached"), ({"compute_used": 1e9}, "Compute limit")],
)
def test_a_spent_phase_offers_no_run(world: World, used: dict[str, float], words: str) -> None:
    scored(world, 0.9, 9)
    spend(world, **used)
    assert step(world).text.startswith(words)
    assert "copy=" not in step(world).url


def test_yesterdays_runs_are_not_todays(world: World) -> None:
    best = scored(world, 0.9, 9)
    spend(world, used_today=world.phase.per_day)
    Quota.objects.update(day=quota_day(minutes_ago(60 * 24), world.hackathon.time_zone))
    assert step(world).label == f"Improve on {best}"
