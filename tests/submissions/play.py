"""Plays a node against the services, honestly: what the tests of a job's life need to get a job from state to state."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from typing import Any

from django.db.models import F

from hackathon.clock import db_now
from submissions.enums import JobState
from submissions.models import Job, Node, Quota
from submissions.selectors import first_job
from submissions.services.attempts import accept_result
from submissions.services.dispatch import claim_job
from submissions.services.files import store_output
from submissions.services.submit import Submitted, submit_config
from teams.models import Team
from tests.factories import CONFIG, World, make_node, node_report
from training_worker.contract.wire import (
    PREDICTIONS,
    Claim,
    ClaimRequest,
    JobKind,
    JobResult,
    OutputRef,
    StoppedBy,
    Telemetry,
)


def submit(world: World, **changes: object) -> Submitted:
    """The captain's config with those changes."""
    config = CONFIG | changes
    return submit_config(author=world.captain, team=world.team, phase=world.phase, config=config)


def submitted_job(world: World, **changes: object) -> Job:
    """A queued run; the platform's base score is out of the way."""
    job = first_job(submit(world, **changes).submission)
    Job.objects.filter(kind=JobKind.BASE_SCORE, state=JobState.QUEUED).update(not_before=db_now() + timedelta(days=1))
    return job


def running_job(world: World, **changes: object) -> Job:
    """A run that a node of its own has claimed."""
    job = submitted_job(world, **changes)
    node, _token = make_node(f"node-{job.submission.number if job.submission else 0}")
    assert claim(node) is not None
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    return job


def claim(node: Node, number: int | None = None, **report: Any) -> Claim | None:
    """A new claim of the node, or the one of that number."""
    latest = Node.objects.get(pk=node.pk).claim_number
    request = ClaimRequest(number=latest + 1 if number is None else number, node=node_report(**report))
    answer = claim_job(node=node, request=request)
    return answer if isinstance(answer, Claim) else None


def predictions(ids: list[str], *, positive: float = 0.75) -> bytes:
    """Every item is said to be positive with that probability."""
    rows = [{"id": name, "probabilities": [1 - positive, positive]} for name in ids]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def upload(job: Job, name: str, body: bytes) -> OutputRef:
    sha256 = hashlib.sha256(body).hexdigest()
    store_output({"put": name, "job": str(job.pk), "attempt": job.attempt}, io.BytesIO(body), sha256=sha256)
    return OutputRef(name=name, sha256=sha256, size=len(body))


def job_result(*outputs: OutputRef, seconds: float = 5.0, saved: float = 0.0) -> JobResult:
    return JobResult(
        outputs=outputs,
        validation={"accuracy": 0.8},
        stopped_by=StoppedBy.EPOCHS,
        steps=10,
        telemetry=Telemetry(
            seconds={"train": seconds},
            compute_seconds=seconds,
            saved_seconds=saved,
            peak_memory_mb=100.0,
            parameters_total=1000,
            parameters_trained=10,
            device="cpu",
        ),
    )


def work(job: Job, *, seconds: float = 60.0) -> None:
    """As if the job had been worked on for so long: what it used is at most its attempt's own time."""
    job.events.update(at=F("at") - timedelta(seconds=seconds))


def finish_training(job: Job, *, items: int = 100) -> Job:
    """RUNNING → SCORING with valid predictions for `items` items."""
    job.refresh_from_db()
    work(job)
    ref = upload(job, PREDICTIONS, predictions([f"item-{i}" for i in range(items)]))
    return accept_result(job_id=str(job.pk), attempt=job.attempt, result=job_result(ref))


def expire(job: Job) -> None:
    """Its lease has run out."""
    Job.objects.filter(pk=job.pk).update(lease_until=db_now() - timedelta(seconds=1))


def used_by(team: Team) -> tuple[int, int, float]:
    """Submissions, queued and running runs, and compute seconds of the team's one quota row."""
    row = Quota.objects.get(team=team)
    return row.used_total, row.queued + row.running, row.compute_used
