"""What the tests of watching an event share."""

from __future__ import annotations

from django.utils import timezone

from submissions.enums import Fault, JobState
from submissions.models import Job, Node
from tests.factories import World
from tests.submissions.play import claim
from training_worker.contract.wire import JobKind


def dashboard_path(world: World) -> str:
    return f"/h/{world.hackathon.slug}/dashboard/"


def fail(job: Job, code: str, fault: Fault = Fault.OWN) -> Job:
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED, failure_code=code, failure_message="too much", fault=fault, finished_at=timezone.now()
    )
    return job


def run_next(node: Node) -> str:
    """The node claims a team's run; its key."""
    attempt = claim(node, kinds=(JobKind.RUN,))
    assert attempt is not None
    return attempt.spec.job_id
