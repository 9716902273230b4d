"""Withdrawing and restoring: who may, what the board shows, what stays as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.models import LeaderboardEntry, Result
from evaluation.selectors import leaderboard
from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.display_step import fix_display_step
from evaluation.services.leaderboard import rebuild_leaderboard
from evaluation.services.withdraw import restore_submission, withdraw_submission
from hackathon.enums import ScoreVisibility
from hackathon.errors import Conflict
from hackathon.models import User
from submissions.enums import JobState
from submissions.models import Job, Quota, Submission, Withdrawal
from submissions.services.submit import submit_config
from tests import api
from tests.evaluation.scored import make_result, minutes_ago, submit
from tests.factories import CONFIG, World
from tests.pages import EVERYBODY, browser_of, html, page
from tests.submissions.play import job_result

OWNERS = {"captain", "teammate"}


def scored(world: World, public: float = 0.8, **options: Any) -> Submission:
    result = make_result(world, team=world.team, public=public, **options)
    Job.objects.filter(pk=result.job_id).update(result=job_result().model_dump(mode="json"))
    return result.submission


def withdraw(submission: Submission, user: User) -> None:
    withdraw_submission(submission=submission, user=user)


def board(world: World, who: str = "rival") -> list[tuple[str, float]]:
    return [(row.name, row.score.value) for row in leaderboard(world.phase, getattr(world, who)).rows]


def close(world: World) -> None:
    world.phase.closes_at = timezone.now() - timedelta(seconds=1)
    world.phase.save()


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("way", ["page", "api"])
def test_who_may_withdraw_and_restore(world: World, who: str, way: str) -> None:
    submission = scored(world)
    statuses = []
    for act in ("withdraw", "restore"):
        if way == "page":
            statuses.append(browser_of(world, who).post(f"/s/{submission.pk}/{act}/").status_code)
        else:
            statuses.append(api.post(world, who, f"submissions/{submission.pk}/{act}/").status_code)
    refused = {"organizer": 403, "anonymous": 302 if way == "page" else 401}.get(who, 404)
    done = 302 if way == "page" else 200
    assert statuses == ([done, done] if who in OWNERS else [refused, refused])
    rows = list(Withdrawal.objects.all())
    assert len(rows) == (who in OWNERS)
    if rows:
        person = getattr(world, who)
        assert (rows[0].withdrawn_by, rows[0].restored_by) == (person, person)
        assert rows[0].restored_at is not None
        assert rows[0].restored_at >= rows[0].withdrawn_at


def test_a_withdrawal_needs_a_post_with_its_token(world: World) -> None:
    path = f"/s/{scored(world).pk}/withdraw/"
    assert browser_of(world, "captain").get(path).status_code == 405
    assert browser_of(world, "captain", enforce_csrf_checks=True).post(path).status_code == 403
    assert not Withdrawal.objects.exists()


# --- the board --------------------------------------------------------------------------------------------------------


def test_the_board_falls_back_to_the_next_best_and_to_no_row(world: World) -> None:
    first, best = scored(world, 0.7, received_at=minutes_ago(9)), scored(world, 0.9)
    withdraw(best, world.captain)
    entry = LeaderboardEntry.objects.get()
    assert (entry.submission, entry.score, entry.entries, entry.received_at) == (first, 0.7, 1, first.received_at)
    assert board(world) == [("Otters", 0.7)]
    withdraw(first, world.captain)
    assert board(world) == []
    assert not LeaderboardEntry.objects.exists()
    restore_submission(submission=best, user=world.teammate)
    assert board(world) == [("Otters", 0.9)]
    assert rebuild_leaderboard(phase=world.phase) == 1
    assert board(world) == [("Otters", 0.9)]


def test_nothing_else_changes(world: World) -> None:
    """Neither quota nor time of receipt, so that restoring gives back the very same rank."""
    submit_config(author=world.captain, team=world.team, phase=world.phase, config=CONFIG)
    submission = scored(world)

    def facts() -> Any:
        row = Submission.objects.values().get(pk=submission.pk)
        return row, list(Quota.objects.values()), LeaderboardEntry.objects.values_list("received_at", "score").get()

    before = facts()
    withdraw(submission, world.captain)
    assert list(Quota.objects.values()) == before[1]
    restore_submission(submission=submission, user=world.captain)
    assert facts() == before


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scores=st.lists(st.sampled_from([0.5, 0.6, 0.7]), min_size=1, max_size=4), acts=st.lists(st.integers(0, 3)))
def test_any_order_gives_the_rebuilt_board(world: World, scores: list[float], acts: list[int]) -> None:
    with transaction.atomic():
        runs = [scored(world, score, received_at=minutes_ago(20 - n)) for n, score in enumerate(scores)]
        for act in acts:
            run = runs[act % len(runs)]
            turn = restore_submission if Withdrawal.objects.filter(submission=run, restored_at=None) else None
            (turn or withdraw_submission)(submission=run, user=world.captain)
        rows = LeaderboardEntry.objects.values_list("team", "submission", "result", "score", "received_at", "entries")
        step_by_step = list(rows)
        left = [run for run in runs if not Withdrawal.objects.filter(submission=run, restored_at=None).exists()]
        assert [row[5] for row in step_by_step] == ([len(left)] if left else [])
        assert rebuild_leaderboard(phase=world.phase) == bool(left)
        assert list(rows) == step_by_step
        transaction.set_rollback(True)


def test_a_frozen_board_stands_as_it_was(world: World) -> None:
    out_before, in_before = scored(world, 0.9, received_at=minutes_ago(9)), scored(world, 0.7)
    withdraw(out_before, world.captain)
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.FROZEN)
    assert board(world) == [("Otters", 0.7)]
    withdraw(in_before, world.captain)
    assert board(world) == [("Otters", 0.7)]
    assert board(world, "organizer") == []
    restore_submission(submission=out_before, user=world.captain)
    assert board(world) == [("Otters", 0.7)]
    assert board(world, "organizer") == [("Otters", 0.9)]
    withdraw(out_before, world.captain)
    assert board(world) == [("Otters", 0.7)]
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.LIVE)
    assert board(world) == []


def test_the_display_step_stays_fixed_by_a_withdrawn_score(world: World) -> None:
    withdraw(scored(world), world.captain)
    with pytest.raises(Conflict, match="cannot change any more"):
        fix_display_step(phase=world.phase)


# --- when ----------------------------------------------------------------------------------------------------


def code_of(world: World, submission: Submission, act: str) -> tuple[int, str]:
    answer = api.post(world, "captain", f"submissions/{submission.pk}/{act}/")
    return answer.status_code, answer.json().get("code", "")


def test_what_cannot_be_withdrawn_says_why(world: World) -> None:
    queued = submit(world).submission
    assert queued is not None
    assert code_of(world, queued, "withdraw") == (409, "not_scored")
    assert "Cancel it instead." in api.post(world, "captain", f"submissions/{queued.pk}/withdraw/").json()["hint"]
    Job.objects.filter(submission=queued).update(state=JobState.FAILED)
    assert code_of(world, queued, "withdraw") == (409, "not_scored")
    submission = scored(world)
    assert code_of(world, submission, "restore") == (409, "not_withdrawn")
    assert code_of(world, submission, "withdraw") == (200, "")
    assert code_of(world, submission, "withdraw") == (409, "already_withdrawn")
    close(world)
    assert code_of(world, submission, "restore") == (409, "phase_closed")
    assert code_of(world, scored(world), "withdraw") == (409, "phase_closed")


def test_the_page_offers_what_may_be_done(world: World) -> None:
    submission = scored(world)
    path = f"/s/{submission.pk}/"
    offer, undo = f'action="{path}withdraw/"', f'action="{path}restore/"'
    fresh = html(page(world, "captain", path))
    assert (offer in fresh, undo in fresh) == (True, False)
    assert offer not in html(page(world, "organizer", path))
    said = html(browser_of(world, "captain").post(f"{path}withdraw/", follow=True))
    assert "is withdrawn from the ranking." in said
    assert "Your team keeps it out of the ranking since" in said
    assert (offer in said, undo in said) == (False, True)
    read = html(page(world, "organizer", path))
    assert "The team keeps it out of the ranking since" in read
    assert (offer in read, undo in read) == (False, False)
    close(world)
    closed = html(page(world, "captain", path))
    assert (offer in closed, undo in closed) == (False, False)
    assert "cannot be restored any more" in closed


def test_the_same_config_leads_to_the_withdrawn_submission(world: World) -> None:
    job = submit(world)
    submission = job.submission
    assert submission is not None
    result = make_result(world, team=world.team, public=0.8)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.SUCCEEDED, result=job_result().model_dump(mode="json"), stopped_by="epochs"
    )
    Result.objects.filter(pk=result.pk).update(job=job)
    withdraw(submission, world.captain)
    answer = api.submit(world, learning_rate=0.01)
    assert (answer.status_code, answer.json()["id"]) == (200, str(submission.pk))
    assert answer.json()["withdrawn_by"] == world.captain.name
    form = {"tab": "form", "base_model": "tiny-bert", "method.name": "head", "training.learning_rate": "0.01"}
    form |= {"training.num_train_epochs": "1", "training.max_length": "32", "submit": "1"}
    browser = browser_of(world, "captain")
    posted = browser.post(f"/c/{world.challenge.slug}/submit/", form)
    said = [str(message) for message in get_messages(posted.wsgi_request)]
    runs = Submission.objects.exclude(pk=result.job.submission_id).order_by("received_at")
    trained = submission.config["training"].items()
    assert [run.config["training"].items() - trained for run in runs] == [set()] * len(runs)
    assert [run.config for run in runs] == [submission.config] * len(runs)
    assert [run.run_key for run in runs] == [submission.run_key] * len(runs)
    assert [(run.phase_id, run.team_id) for run in runs] == [(world.phase.pk, world.team.pk)] * len(runs)
    assert [run.pk for run in runs] == [submission.pk], list(Job.objects.values())
    number = f"Your team already ran exactly this config: {submission}. Nothing was charged."
    assert said == [f"{number} It is withdrawn: restore it below to rank it again."]
    assert (posted.status_code, posted["Location"]) == (302, f"/s/{submission.pk}/")
    assert said[0] in html(browser.get(posted["Location"]))
    assert Withdrawal.objects.filter(restored_at=None).count() == 1
