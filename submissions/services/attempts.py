"""What a running attempt may do: report progress, hand in its result, fail, give the job back. And how it is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Unprocessable
from hackathon.files.storage import storage
from hackathon.models import BaseModel
from submissions.enums import Fault, JobState
from submissions.models import Artifact, Job, Node, ProgressChunk
from submissions.rules import back_off
from training_worker.contract import sentences
from training_worker.contract.limits import MeasuredSpeed
from training_worker.contract.wire import (
    OUTPUTS,
    PREDICTIONS,
    FailureCode,
    JobFailure,
    JobRelease,
    JobResult,
    NodeLoad,
    OutputRef,
    Progress,
    ProgressAnswer,
)

from .files import output_key
from .jobs import seconds_of_attempt
from .transitions import StaleAttempt, move
from .wakeups import ring_scorer, ring_workers

logger = structlog.get_logger(__name__)


def _current(job_id: str, attempt: int) -> Job:
    """The job, if that attempt is the running one. Raises `StaleAttempt`."""
    job = Job.objects.filter(pk=job_id, attempt=attempt, state=JobState.RUNNING).first()
    if job is None:
        raise StaleAttempt
    return job


def report_progress(*, job_id: str, attempt: int, progress: Progress) -> ProgressAnswer:
    """Keep new points and lines once, extend the lease. A cancelled job's own attempt is told to stop."""
    now = db_now()
    with transaction.atomic():
        moved = Job.objects.filter(pk=job_id, attempt=attempt, state=JobState.RUNNING).update(
            lease_until=now + timedelta(seconds=settings.LEASE_SECONDS)
        )
        if not moved:
            if Job.objects.filter(pk=job_id, attempt=attempt, state=JobState.CANCELLED).exists():
                return ProgressAnswer(action="cancel", lease_seconds=settings.LEASE_SECONDS)
            raise StaleAttempt
        is_new = Job.objects.filter(pk=job_id, attempt=attempt, progress_seq__lt=progress.seq).update(
            progress_seq=progress.seq,
            stage=progress.stage,
            step=progress.step,
            total_steps=progress.total_steps,
        )
        if is_new and (progress.points or progress.lines):
            ProgressChunk.objects.create(
                job_id=job_id,
                attempt=attempt,
                seq=progress.seq,
                points=[point.model_dump(mode="json") for point in progress.points],
                lines=[line.model_dump(mode="json") for line in progress.lines],
            )
        _hear_of_node(job_id, progress.load, now)
    return ProgressAnswer(action="continue", lease_seconds=settings.LEASE_SECONDS)


def _hear_of_node(job_id: str, load: NodeLoad | None, now: datetime) -> None:
    """A progress post is a heartbeat of the node that runs the job, and brings what is in use there."""
    node = Node.objects.filter(jobs__pk=job_id).first()
    if node is None:
        return
    node.seen_at = now
    if load is not None:
        node.report = node.report | load.model_dump(mode="json")
    node.save(update_fields=["seen_at", "report"])


def accept_result(*, job_id: str, attempt: int, result: JobResult) -> Job:
    """RUNNING → SCORING. The same result posted twice gets the same answer; another attempt's raises `StaleAttempt`.

    Raises `Unprocessable` where a file it names was not uploaded in this attempt, or the predictions are missing.
    """
    posted = result.model_dump(mode="json")
    job = Job.objects.filter(pk=job_id, attempt=attempt).first()
    if job is not None and job.state in {JobState.SCORING, JobState.SUCCEEDED} and job.result == posted:
        return job
    job = _current(job_id, attempt)
    _require_outputs(job, result.outputs)
    now = db_now()
    with transaction.atomic():
        moved = move(
            job,
            JobState.SCORING,
            now=now,
            reason=sentences.PREDICTIONS_RECEIVED(why=sentences.ENDINGS[result.stopped_by]),
            actor=job.node.name if job.node else "",
            result=posted,
            stopped_by=result.stopped_by,
            compute_seconds=min(result.telemetry.compute_seconds, seconds_of_attempt(job, now)),
            trained_at=now,
            lease_until=None,
            not_before=None,
        )
        if not moved:
            raise StaleAttempt
        Artifact.objects.filter(job=job).delete()  # of an attempt that was set aside while it was being scored
        Artifact.objects.bulk_create(
            Artifact(
                job=job, name=ref.name, key=output_key(job, ref.name, ref.sha256), sha256=ref.sha256, size=ref.size
            )
            for ref in result.outputs
        )
        if result.speed is not None:
            _keep_speed(job, result.speed)
        ring_scorer()
    return job


def _keep_speed(job: Job, speed: MeasuredSpeed) -> None:
    model = BaseModel.objects.select_for_update().get(pk=job.base_model_id)
    model.speed[job.data.dataset_manifest.task] = speed.model_dump(mode="json")
    model.save(update_fields=["speed"])


def _require_outputs(job: Job, outputs: tuple[OutputRef, ...]) -> None:
    names = [ref.name for ref in outputs]
    if PREDICTIONS not in names or len(set(names)) != len(names) or not set(names) <= set(OUTPUTS):
        raise Unprocessable(_("The result must name predictions.jsonl, and each output once."), code="invalid_outputs")
    store = storage("artifacts")
    for ref in outputs:
        key = output_key(job, ref.name, ref.sha256)
        if not store.exists(key) or store.size(key) != ref.size:
            raise Unprocessable(
                _("%(name)s was not uploaded with that sha256 and size.") % {"name": ref.name}, code="missing_output"
            )


def accept_failure(*, job_id: str, attempt: int, failure: JobFailure) -> Job:
    """RUNNING → FAILED: the config's own fault, never retried. `model_integrity` is ours: refund, model disabled."""
    job = Job.objects.filter(pk=job_id, attempt=attempt).first()
    if job is not None and job.state == JobState.FAILED and job.failure_code == failure.code:
        return job
    job = _current(job_id, attempt)
    is_ours = failure.code == FailureCode.MODEL_INTEGRITY
    now = db_now()
    with transaction.atomic():
        moved = move(
            job,
            JobState.FAILED,
            now=now,
            reason=failure.code,
            actor=job.node.name if job.node else "",
            failure_code=failure.code,
            failure_message=failure.message,
            failure_hint=failure.hint,
            fault=Fault.PLATFORM if is_ours else Fault.OWN,
            compute_seconds=min(failure.compute_seconds, seconds_of_attempt(job, now)),
        )
        if not moved:
            raise StaleAttempt
        if is_ours:
            BaseModel.objects.filter(pk=job.base_model_id).update(is_enabled=False)
            logger.error("model_integrity", model=job.base_model.slug, job=str(job.pk))
    return job


def release_attempt(*, job_id: str, attempt: int, release: JobRelease) -> None:
    """RUNNING → QUEUED on the node's own word; a clean shutdown costs nothing, a dead child counts as a loss."""
    job = _current(job_id, attempt)
    now = db_now()
    actor = job.node.name if job.node else ""
    if release.lost:
        lose_attempt(job, now=now, reason=release.reason, actor=actor)
    elif not move(job, JobState.QUEUED, now=now, reason=release.reason, actor=actor, **_unassigned()):
        raise StaleAttempt
    with transaction.atomic():
        ring_workers()


def lose_attempt(job: Job, *, now: datetime, reason: str, actor: str) -> bool:
    """A running or scoring attempt is gone: back to the queue with back-off, or to quarantine after the fifth loss.

    False where another process was faster.
    """
    losses = job.losses + 1
    if losses >= settings.MAX_LOSSES:
        logger.error("job_quarantined", job=str(job.pk), reason=reason)
        return move(
            job,
            JobState.QUARANTINED,
            now=now,
            reason=sentences.LOSSES(losses=losses, reason=reason),
            actor=actor,
            losses=losses,
            fault=Fault.PLATFORM,
            lease_until=None,
        )
    if job.state == JobState.SCORING:
        updated = Job.objects.filter(
            pk=job.pk, state=JobState.SCORING, attempt=job.attempt, scoring_attempt=job.scoring_attempt
        ).update(losses=losses, lease_until=None, not_before=now + back_off(losses))
        return bool(updated)
    updates = _unassigned() | {"losses": losses, "not_before": now + back_off(losses)}
    return move(job, JobState.QUEUED, now=now, reason=reason, actor=actor, **updates)


def _unassigned() -> dict[str, object]:
    return {"node": None, "lease_until": None, "attempt_folder": None}
