"""Lost attempts: who is held responsible, what waits, what it costs; and an outage of the site, which is nobody's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import override_settings
from redis.exceptions import ConnectionError

from hackathon.clock import db_now
from hackathon.models import Heartbeat
from hackathon.services.heartbeat import SITE, beat
from submissions.enums import JobState
from submissions.models import Job, Node, Quota
from submissions.selectors import first_job
from submissions.services.attempts import accept_failure, release_attempt, report_progress
from submissions.services.dispatch import NodeSetAside
from submissions.services.jobs import cancel_job
from submissions.services.losses import expire_attempt
from submissions.services.nodes import return_node
from submissions.services.submit import submit_config
from submissions.services.sweep import sweep
from tests.factories import CONFIG, World, make_node
from tests.submissions.play import claim, finish_training
from training_worker.contract.wire import FailureCode, JobFailure, JobKind, JobRelease, Progress, Stage

pytestmark = pytest.mark.django_db
RUNS = {"kinds": (JobKind.RUN,)}
DIED = JobRelease(reason="The training process died with exit code -9.", lost=True)


@pytest.fixture(autouse=True)
def _many_at_once(world: World) -> None:
    world.phase.at_once = 100
    world.phase.save()


def submit(world: World, number: int = 0) -> Job:
    config = CONFIG | {"training": CONFIG["training"] | {"num_train_epochs": 1 + number}}
    return first_job(submit_config(author=world.captain, team=world.team, phase=world.phase, config=config).submission)


def take(node: Node) -> Job | None:
    claimed = claim(node, **RUNS)
    return Job.objects.get(pk=claimed.spec.job_id) if claimed else None


def lose(node: Node) -> Job:
    """The node claims a job and its child dies."""
    job = take(node)
    assert job is not None
    release_attempt(job_id=str(job.pk), attempt=job.attempt, release=DIED)
    Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(not_before=db_now())
    return Job.objects.get(pk=job.pk)


def expire(job: Job) -> datetime:
    until = db_now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_until=until)
    return until


@pytest.fixture
def bad() -> Node:
    return make_node("bad")[0]


@pytest.fixture
def good() -> Node:
    return make_node("good")[0]


def test_a_lost_job_goes_to_another_node_first(world: World, bad: Node, good: Node) -> None:
    job = submit(world)
    claim(good, kinds=())  # it is there, and idle
    lose(bad)
    assert take(bad) is None
    assert take(good) == job


def test_where_there_is_no_other_node_it_comes_back(world: World, bad: Node) -> None:
    job = submit(world)
    lose(bad)
    assert take(bad) == job


def test_a_node_that_loses_three_in_a_row_is_set_aside_and_says_why(world: World, bad: Node, good: Node) -> None:
    for number in range(4):
        submit(world, number)
    claim(good, kinds=())
    lost = [lose(bad) for _time in range(3)]
    assert {job.losses for job in lost} == {1}
    bad.refresh_from_db()
    assert bad.aside_reason == "3 losses; the last: The training process died with exit code -9."
    with pytest.raises(NodeSetAside, match="exit code -9"):
        claim(bad, **RUNS)
    assert take(good) is not None


def test_a_node_that_was_set_aside_has_one_try_after_a_while(world: World, bad: Node, good: Node) -> None:
    for number in range(5):
        submit(world, number)
    claim(good, kinds=())
    for _time in range(3):
        lose(bad)
    Node.objects.filter(pk=bad.pk).update(aside_until=db_now())
    lose(bad)
    with pytest.raises(NodeSetAside):
        claim(bad, **RUNS)
    return_node(node=bad)
    job = take(bad)
    assert job is not None
    finish_training(job)
    bad.refresh_from_db()
    assert (bad.aside_until, bad.aside_reason) == (None, "")
    assert bad.proved_at is not None


def test_an_own_fault_of_a_config_speaks_for_the_node(world: World, bad: Node, good: Node) -> None:
    for number in range(5):
        submit(world, number)
    claim(good, kinds=())
    for _time in range(2):
        lose(bad)
    job = take(bad)
    assert job is not None
    failure = JobFailure(code=FailureCode.DIVERGED, message="m", hint="h", compute_seconds=1.0)
    accept_failure(job_id=str(job.pk), attempt=job.attempt, failure=failure)
    lose(bad)
    bad.refresh_from_db()
    assert bad.aside_until is None


def test_an_innocent_job_is_not_quarantined_by_one_node_alone(world: World, bad: Node, good: Node) -> None:
    job = submit(world)
    claim(good, kinds=())
    for losses in range(1, 7):
        Job.objects.filter(pk=job.pk).update(not_before=db_now() - timedelta(seconds=60))
        return_node(node=bad)
        assert lose(bad).losses == losses
    job.refresh_from_db()
    assert (job.state, job.losses) == (JobState.QUEUED, 6)
    assert lose(good).state == JobState.QUARANTINED


def test_a_job_that_two_nodes_lose_sets_neither_aside(world: World, bad: Node, good: Node) -> None:
    job = submit(world)
    for node in (bad, good, bad, good, bad):
        Job.objects.filter(pk=job.pk).update(not_before=db_now() - timedelta(seconds=60))
        lose(node)
    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
    assert not Node.objects.filter(aside_until__isnull=False).exists()


def test_a_lone_node_is_not_set_aside_for_one_job_that_kills_it(world: World, bad: Node) -> None:
    job = submit(world)
    for _time in range(5):
        lose(bad)
    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
    bad.refresh_from_db()
    assert bad.aside_until is None


def test_after_a_lost_lease_the_job_is_taken_at_once(world: World, bad: Node, good: Node) -> None:
    """The lease itself was longer than the back-off, which counts from when the node was last heard of."""
    submit(world)
    job = take(bad)
    assert job is not None
    expire(job)
    assert sweep() == 1
    assert take(good) == job


def test_after_a_child_that_died_the_job_backs_off(world: World, bad: Node) -> None:
    job = submit(world)
    taken = take(bad)
    assert taken == job
    release_attempt(job_id=str(job.pk), attempt=1, release=DIED)
    assert take(bad) is None
    Job.objects.filter(pk=job.pk).update(not_before=db_now())
    assert take(bad) == job


def test_a_post_that_came_before_the_sweep_keeps_the_attempt(world: World, bad: Node) -> None:
    """The sweeper has read the old lease; the post has renewed it since."""
    submit(world)
    job = take(bad)
    assert job is not None
    expire(job)
    job.refresh_from_db()
    report_progress(job_id=str(job.pk), attempt=1, progress=Progress(seq=1, stage=Stage.TRAIN))
    assert not expire_attempt(job, now=db_now(), reason="late")
    job.refresh_from_db()
    assert (job.state, job.losses) == (JobState.RUNNING, 0)


@pytest.mark.parametrize("lost", [True, False])
def test_cancelling_what_waits_again_costs_nothing(world: World, bad: Node, lost: bool) -> None:
    submit(world)
    job = take(bad)
    assert job is not None
    release_attempt(job_id=str(job.pk), attempt=1, release=JobRelease(reason="bye", lost=lost))
    job.refresh_from_db()
    assert job.started_at is None
    cancel_job(job=job, actor="captain")
    row = Quota.objects.get(team=world.team, phase=world.phase)
    assert (row.used_total, row.used_today, row.running, row.compute_used) == (0, 0, 0, 0.0)


# --- outages of the site --------------------------------------------------------------------------------------------


@pytest.fixture
def silent(world: World, bad: Node) -> Job:
    """A running attempt whose lease has run out."""
    submit(world)
    job = take(bad)
    assert job is not None
    expire(job)
    return job


def beats(*, at: float, back: float) -> None:
    """The site's last beat and its return, so many seconds ago."""
    now = db_now()
    values = {"at": now - timedelta(seconds=at), "back_at": now - timedelta(seconds=back)}
    Heartbeat.objects.update_or_create(name=SITE, defaults=values)


def test_while_the_site_is_away_nobody_is_swept(silent: Job) -> None:
    beats(at=15, back=1000)
    assert sweep() == 0


def test_for_a_lease_after_it_is_back_nobody_is_swept(silent: Job, settings: LazySettings) -> None:
    beats(at=0, back=settings.LEASE_SECONDS - 1)
    assert sweep() == 0
    beats(at=0, back=settings.LEASE_SECONDS + 1)
    assert sweep() == 1


def test_the_first_beat_after_a_gap_is_the_return(settings: LazySettings) -> None:
    beats(at=settings.LEASE_SECONDS / 4 + 1, back=1000)
    beat(SITE)
    first = Heartbeat.objects.get(name=SITE)
    assert first.back_at == first.at
    beat(SITE)
    second = Heartbeat.objects.get(name=SITE)
    assert (second.back_at, second.at >= first.at) == (first.back_at, True)


def test_an_empty_or_broken_cache_changes_nothing(silent: Job) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere.sock"}
    with override_settings(CACHES={"default": away}):
        with pytest.raises(ConnectionError, match="nowhere"):
            cache.get("x")
        beats(at=15, back=1000)
        assert sweep() == 0
        beats(at=0, back=1000)
        assert sweep() == 1
