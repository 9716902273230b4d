"""The queue's pace is that of the jobs that ended last, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hackathon.clock import db_now
from hackathon.models import Phase
from submissions.models import Job
from submissions.selectors import QueuePlace, queue_pace, queue_place
from tests.evaluation.scored import make_result, submit
from tests.factories import World, make_node
from tests.pages import html, page
from tests.submissions.play import claim
from training_worker.contract.wire import JobKind

pytestmark = pytest.mark.django_db


def test_a_run_that_computes_again_after_a_loss_has_not_ended(world: World) -> None:
    make_result(world, team=world.team, public=0.8)
    Job.objects.filter(pk=submit(world).pk).update(compute_seconds=999.0)
    assert queue_pace(now=db_now()).mean_seconds == 7.5


def test_a_node_is_alive_by_its_voice_or_by_its_job(world: World) -> None:
    now = db_now()
    heard, busy, offline = (make_node(name)[0] for name in ("heard", "busy", "offline"))
    for node, seconds in ((heard, 10), (busy, 600), (offline, 600)):
        node.seen_at = now - timedelta(seconds=seconds)
        node.save()
    for rate in (0.01, 0.02):
        Job.objects.filter(pk=submit(world, rate=rate).pk).update(state="running", node=busy)
    assert queue_pace(now=now).nodes == 2


def test_beside_an_idle_node_a_run_waits_for_nothing(world: World) -> None:
    make_result(world, team=world.team, public=0.8)
    node = make_node("idle")[0]
    node.seen_at = db_now()
    node.save()
    job = submit(world, rate=0.01)
    place = queue_place(job, now=db_now())
    assert place is not None
    assert place.wait_seconds == 7.5 * (place.position - 1)
    Job.objects.filter(pk=job.pk).update(priority=0)
    job.refresh_from_db()
    assert queue_place(job, now=db_now()) == QueuePlace(position=1, wait_seconds=0.0)


def test_a_run_of_a_team_that_may_run_no_more_waits_for_its_own(world: World) -> None:
    Phase.objects.update(at_once=1)
    running, waiting = submit(world, rate=0.01), submit(world, rate=0.02)
    claimed = claim(make_node()[0], kinds=(JobKind.RUN,))
    assert claimed is not None
    assert claimed.spec.job_id == str(running.pk)
    place = queue_place(waiting, now=db_now())
    assert place is not None
    assert (place.own_running, place.wait_seconds) == (1, None)
    said = "It waits for the running run of your team to end"
    assert said in html(page(world, "captain", f"/s/{waiting.submission_id}/"))
    Phase.objects.update(at_once=2)
    assert said not in html(page(world, "captain", f"/s/{waiting.submission_id}/"))
