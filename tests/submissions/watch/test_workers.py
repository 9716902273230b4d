"""The workers' page: how a node is judged, what is counted at it, who sees with what it is busy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hackathon.enums import Role
from hackathon.models import User
from submissions.models import Job, Node
from submissions.services.attempts import lose_attempt, report_progress
from submissions.watch.workers import node_status, read_workers
from tests.evaluation.scored import base_job, submit
from tests.factories import HackathonFactory, ParticipationFactory, World, make_node
from tests.pages import html, page
from tests.submissions.play import claim, finish_training
from tests.submissions.watch.made import run_next
from training_worker.contract.wire import NodeLoad, Progress, Stage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("seconds", "status"), [(5, "alive"), (61, "late"), (301, "dead")])
def test_a_node_is_judged_by_its_last_word(seconds: float, status: str) -> None:
    now = timezone.now()
    assert node_status(now - timedelta(seconds=seconds), None, now=now) == status
    assert node_status(None, None, now=now) == "dead"
    assert node_status(now, now, now=now) == "revoked"


def test_progress_is_a_heartbeat_and_brings_the_load(world: World) -> None:
    node, _token = make_node()
    submit(world)
    attempt = claim(node, memory_used_mb=100)
    assert attempt is not None
    Node.objects.update(seen_at=timezone.now() - timedelta(minutes=9))
    load = NodeLoad(memory_used_mb=4321, disk_free_mb=99)
    progress = Progress(seq=1, stage=Stage.TRAIN, step=3, total_steps=10, load=load)
    report_progress(job_id=attempt.spec.job_id, attempt=1, progress=progress)
    row = read_workers(world.organizer, now=timezone.now())[0]
    assert (row.status, row.memory_used_mb, row.memory_mb, row.disk_free_mb) == ("alive", 4321, 8192, 99)
    assert row.job is not None
    assert (row.job.step, row.job.total_steps) == (3, 10)


def test_attempts_are_counted_at_the_node_that_made_them(world: World) -> None:
    """One done, one lost (which a sweeper noticed, so the job names no node any more)."""
    node, _token = make_node()
    other, _token = make_node("node-2")
    submit(world, rate=0.01)
    done = claim(node)
    assert done is not None
    finish_training(Job.objects.get(pk=done.spec.job_id))
    base_job(world)
    lost = claim(node)
    assert lost is not None
    lose_attempt(
        Job.objects.get(pk=lost.spec.job_id), now=timezone.now(), reason="the node stopped responding", actor="sweeper"
    )
    first, second = read_workers(world.organizer, now=timezone.now())
    assert (first.done, first.failed, first.lost) == (1, 0, 1)
    assert first.failure is not None
    assert first.failure.text == "the node stopped responding"
    assert (second.name, second.done, second.lost, second.failure) == (other.name, 0, 0, None)


def test_an_organizer_elsewhere_sees_that_a_node_is_busy_and_not_with_what(world: World) -> None:
    node, _token = make_node()
    submit(world)
    run_next(node)
    ParticipationFactory(user=world.outsider, hackathon=HackathonFactory(), role=Role.ORGANIZER)
    text = html(page(world, "outsider", "/workers/"))
    assert "a job of another hackathon" in text
    Node.objects.filter(pk=node.pk).update(report=node.report | {"last_error": "OSError: of another hackathon's run"})
    assert "OSError" not in html(page(world, "outsider", "/workers/"))
    User.objects.filter(pk=world.judge.pk).update(is_superuser=True)
    assert "OSError" in html(page(world, "judge", "/workers/"))
    assert "Otters" not in text
    assert "Otters" in html(page(world, "organizer", "/workers/"))


def test_no_worker_yet_says_how_to_add_one(world: World) -> None:
    assert "Ask the operator of this site" in html(page(world, "organizer", "/workers/"))
    world.organizer.is_superuser = True
    world.organizer.save()
    assert "python -m training_worker --site http" in html(page(world, "organizer", "/workers/"))
