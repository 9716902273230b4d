"""Scoring, withdrawing, restoring and rebuilding at the same moment: no deadlock, and the board is what results say."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from evaluation.models import LeaderboardEntry, Result
from evaluation.scoring.scorer import score_pending
from evaluation.services.leaderboard import rebuild_leaderboard
from evaluation.services.withdraw import restore_submission, withdraw_submission
from submissions.models import Withdrawal
from tests.evaluation.scored import hand_in, make_result, predictions, right, submit, wrong
from tests.factories import World

ROUNDS = 6


def rows(world: World) -> list[object]:
    shown = LeaderboardEntry.objects.filter(phase=world.phase).order_by("team_id")
    return list(shown.values_list("team_id", "submission_id", "result_id", "score", "entries", "history"))


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Run them at once, each in a thread of its own; what they raised."""
    gate, raised = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_the_board_follows_whoever_comes_first(transactional_db: None, world: World) -> None:
    world.phase.at_once = 50
    world.phase.save()
    kept = [make_result(world, team=team, public=0.6).submission for team in (world.team, world.rivals)]
    for number in range(ROUNDS):
        for team in (world.team, world.rivals):
            answer = right if number % 2 else wrong
            hand_in(submit(world, team=team, rate=0.01 + number / 1000), predictions(answer, range(100)))

    def withdraw(number: int) -> None:
        author = (world.captain, world.rival)[number]
        for _round in range(ROUNDS):
            withdraw_submission(submission=kept[number], user=author)
            restore_submission(submission=kept[number], user=author)
        withdraw_submission(submission=kept[number], user=author)

    def rebuild() -> None:
        for _round in range(ROUNDS):
            rebuild_leaderboard(phase=world.phase)

    raised = together(lambda: withdraw(0), lambda: withdraw(1), rebuild, score_pending, score_pending)
    assert raised == []
    assert Result.objects.of_teams_in(world.phase).count() == 2 + 2 * ROUNDS
    assert Withdrawal.objects.filter(restored_at__isnull=True).count() == 2
    found = rows(world)
    assert len(found) == 2
    rebuild_leaderboard(phase=world.phase)
    assert rows(world) == found
