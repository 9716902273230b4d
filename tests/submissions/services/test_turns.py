"""Claims that waited together: one reading of the queue serves them, in the order that each would have found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hackathon.clock import db_now
from submissions.enums import JobState
from submissions.models import Job, Node, Quota
from submissions.services.jobs import enqueue, new_job
from submissions.services.queue import TURNS, lock_fairest
from submissions.services.transitions import move
from teams.models import Team
from tests.factories import TeamFactory, World, make_node, node_report
from training_worker.contract.wire import JobKind, NodeReport

pytestmark = pytest.mark.django_db
RUNS = node_report(kinds=(JobKind.RUN,))


def make_teams(world: World, runs: list[int]) -> list[Team]:
    """Teams with so many queued runs, the one whose last start is longest ago first."""
    world.phase.at_once = 9
    world.phase.save()
    teams: list[Team] = [TeamFactory(hackathon=world.hackathon) for _count in runs]
    for place, (team, count) in enumerate(zip(teams, runs, strict=True)):
        Quota.objects.create(team=team, phase=world.phase, last_start=db_now() - timedelta(hours=9 - place))
        for number in range(count):
            key = f"{place} {number}"
            job = new_job(phase=world.phase, model=world.model, kind=JobKind.RUN, key=key, now=db_now())
            job.team = team
            enqueue(job, now=db_now(), actor="")
    return teams


def take(node: Node, came: int | None, report: NodeReport = RUNS) -> tuple[Job | None, int]:
    """The job that the node gets, started, and how many queries found it."""
    with transaction.atomic():
        now = db_now()
        with CaptureQueriesContext(connection) as asked:
            job = lock_fairest(node, report, now=now, came=came)
        if job is not None:
            assert move(job, JobState.RUNNING, now=db_now(), node=node, attempt=1)
    return job, len(asked)


def team_of(taken: tuple[Job | None, int]) -> Team | None:
    job, _queries = taken
    return job.team if job else None


def test_the_queue_is_read_once_for_all_that_waited_then(world: World) -> None:
    make_teams(world, [1, 1, 1, 1])
    node, came = make_node()[0], TURNS.tick()
    asked = [take(node, came)[1] for _claim in range(3)]
    assert asked[1] == asked[2] == 3  # has it lost a job that waits, the job, its team's quota
    assert asked[0] == 7


def test_a_claim_that_comes_later_finds_what_came_meanwhile(world: World) -> None:
    make_teams(world, [1, 1])
    node, came = make_node()[0], TURNS.tick()
    _job, asked = take(node, came)
    (newcomer,) = make_teams(world, [1])
    Quota.objects.filter(team=newcomer).update(last_start=db_now() - timedelta(days=1))
    later = take(node, TURNS.tick())
    assert (team_of(later), later[1]) == (newcomer, asked)


@pytest.mark.parametrize("waited", [True, False])
def test_turns_are_the_same_as_if_each_had_read_the_queue(world: World, waited: bool) -> None:
    """Teams with nothing running by their last start, then those with the fewest running."""
    first, second, third = make_teams(world, [3, 1, 2])
    node, came = make_node()[0], TURNS.tick() if waited else None
    order = [team_of(take(node, came)) for _claim in range(7)]
    assert order == [first, second, third, first, third, first, None]


def test_what_another_claim_took_meanwhile_is_passed_over(world: World) -> None:
    first, second, third = make_teams(world, [1, 1, 1])
    node, came = make_node()[0], TURNS.tick()
    assert team_of(take(node, came)) == first
    Job.objects.filter(team=second).update(state=JobState.RUNNING)
    assert team_of(take(node, came)) == third


def test_a_node_that_can_run_other_jobs_reads_the_queue_for_itself(world: World) -> None:
    _first, second, third = make_teams(world, [1, 1, 1])
    Job.objects.filter(team=second).update(memory_mb=4000)
    node, came = make_node()[0], TURNS.tick()
    take(node, came)
    small = RUNS.model_copy(update={"memory_mb": 3000})
    assert team_of(take(make_node("small")[0], came, small)) == third


def test_a_node_is_not_given_the_job_that_it_has_lost(world: World) -> None:
    _first, second, third = make_teams(world, [1, 1, 1])
    node, other = make_node()[0], make_node("other")[0]
    Node.objects.update(seen_at=db_now())
    Job.objects.filter(team=second).update(lost_on=node, not_before=db_now())
    came = TURNS.tick()
    take(other, came)
    assert team_of(take(node, came)) == third
