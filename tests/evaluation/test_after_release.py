"""Once private scores are out nobody can act on them: not by submitting, not by choosing what is ranked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from evaluation.selectors import leaderboard
from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.withdraw import restore_submission, withdraw_submission
from hackathon.enums import ScoreVisibility
from hackathon.errors import Conflict, PhaseClosed
from hackathon.models import Phase
from submissions.models import Submission, Withdrawal
from submissions.services.phases import move_deadline
from submissions.services.submit import submit_config
from tests import api
from tests.evaluation.services.test_withdraw import scored
from tests.factories import CONFIG, ChallengeDataFactory, PhaseFactory, World
from tests.pages import html, page

pytestmark = pytest.mark.django_db


def release(world: World) -> None:
    set_board_visibility(phase=world.phase, visibility=ScoreVisibility.RELEASED)


def board(world: World) -> list[float]:
    return [row.score.value for row in leaderboard(world.phase, world.rival).rows]


def test_no_team_chooses_its_private_score(world: World) -> None:
    best, second = scored(world, 0.9, private=0.2), scored(world, 0.8, private=0.7)
    withdraw_submission(submission=second, user=world.teammate)
    release(world)
    assert board(world) == [0.2]
    for act, submission in (("withdraw", best), ("restore", second)):
        answer = api.post(world, "captain", f"submissions/{submission.pk}/{act}/")
        assert (answer.status_code, answer.json()["code"]) == (409, "phase_closed")
        assert f"/s/{submission.pk}/{act}/" not in html(page(world, "captain", f"/s/{submission.pk}/"))
    assert board(world) == [0.2]
    assert Withdrawal.objects.count() == 1


def test_nothing_is_submitted_to_a_phase_whose_private_scores_are_out(world: World) -> None:
    release(world)
    answer = api.submit(world)
    assert (answer.status_code, answer.json()["code"]) == (403, "phase_closed")
    assert "private scores are released" in answer.json()["hint"]
    assert "its private scores are released" in html(page(world, "captain", f"/c/{world.challenge.slug}/submit/"))
    assert not Submission.objects.exists()


def test_a_released_phase_does_not_open_again(world: World) -> None:
    release(world)
    with pytest.raises(Conflict, match="private scores") as caught:
        move_deadline(phase=world.phase, closes_at=timezone.now() + timedelta(days=9))
    assert caught.value.code == "scores_released"


def test_private_scores_wait_for_every_phase_on_the_same_items(world: World) -> None:
    other = PhaseFactory(challenge=world.challenge, data=world.data, name="Second")
    PhaseFactory(challenge=world.challenge, data=ChallengeDataFactory(challenge=world.challenge), name="Third")
    with pytest.raises(Conflict) as caught:
        release(world)
    assert caught.value.code == "data_in_use"
    assert Phase.objects.get(pk=world.phase.pk).score_visibility == ScoreVisibility.LIVE
    Phase.objects.filter(pk=other.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    release(world)
    assert Phase.objects.get(pk=world.phase.pk).is_released


def test_a_deadline_that_moves_while_a_request_waits_counts(world: World) -> None:
    read_before = Submission.objects.select_related("phase").get(pk=scored(world).pk)
    withdrawn = scored(world, 0.7)
    withdraw_submission(submission=withdrawn, user=world.captain)
    Phase.objects.update(closes_at=timezone.now() - timedelta(seconds=1))
    assert read_before.phase.closes_at > timezone.now()
    with pytest.raises(Conflict, match="closed"):
        withdraw_submission(submission=read_before, user=world.captain)
    with pytest.raises(Conflict, match="closed"):
        restore_submission(submission=withdrawn, user=world.captain)
    with pytest.raises(PhaseClosed):
        submit_config(author=world.captain, team=world.team, phase=read_before.phase, config=CONFIG)
