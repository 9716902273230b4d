"""The queue's pace is that of the jobs that ended last, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hackathon.clock import db_now
from submissions.models import Job
from submissions.selectors import queue_pace
from tests.evaluation.scored import make_result, submit
from tests.factories import World, make_node

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
