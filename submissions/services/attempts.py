"""What a running attempt may do: report progress, hand in its result, fail, give the job back."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Unprocessable
from hackathon.models import BaseModel
from submissions.enums import Fault, JobState
from submissions.models import Artifact, Job, Node, ProgressChunk
from training_worker.contract import sentences
from training_worker.contract.limits import Budget
from training_worker.contract.wire import (
    OUTPUTS,
    PREDICTIONS,
    FailureCode,
    JobFailure,
    JobKind,
    JobRelease,
    JobResult,
    NodeLoad,
    OutputRef,
    Progress,
    ProgressAnswer,
)

from .files import output_key, stored_size
from .jobs import seconds_of_attempt
from .losses import lose_attempt, unassigned
from .transitions import StaleAttempt, move
from .wakeups import ring_scorer, ring_workers

logger = structlog.get_logger(__name__)


def _attempt_of(job_id: str, attempt: int) -> Job:
    """The job, if that attempt is its latest. Raises `StaleAttempt`."""
    job = Job.objects.filter(pk=job_id, attempt=attempt).first()
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
    _hear_of_node(job_id, attempt, progress.load, now)
    return ProgressAnswer(action="continue", lease_seconds=settings.LEASE_SECONDS)


def _hear_of_node(job_id: str, attempt: int, load: NodeLoad | None, now: datetime) -> None:
    """A progress post is a heartbeat of the node that runs the job, and brings what is in use there.

    After the job's transaction: a claim locks node and job in the other order.
    """
    node = Node.objects.filter(jobs__pk=job_id, jobs__attempt=attempt).first()
    if node is not None:
        report = node.report if load is None else node.report | load.model_dump(mode="json")
        Node.objects.filter(pk=node.pk).update(seen_at=now, report=report)


def _clear_node(job: Job, now: datetime) -> None:
    """The job's node has brought an attempt to an end: what it lost before that no longer counts against it."""
    Node.objects.filter(jobs=job).update(proved_at=now, aside_until=None, aside_reason="")


def accept_result(*, job_id: str, attempt: int, result: JobResult) -> Job:
    """RUNNING → SCORING. The same result posted twice gets the same answer; another attempt's raises `StaleAttempt`.

    Raises `Unprocessable` where a file it names was not uploaded in this attempt, or the predictions are missing.
    """
    posted = result.model_dump(mode="json")
    job = _attempt_of(job_id, attempt)
    if job.state != JobState.RUNNING:
        return _if_same(_has_handed_in(job, posted), job)
    _require_outputs(job, result.outputs)
    now = db_now()
    saved = min(result.telemetry.saved_seconds, Budget.model_validate(job.budget).max_seconds)
    with transaction.atomic():
        moved = move(
            job,
            JobState.SCORING,
            now=now,
            reason=sentences.PREDICTIONS_RECEIVED(why=sentences.ENDINGS[result.stopped_by]),
            actor=job.node.name if job.node else "",
            result=posted,
            stopped_by=result.stopped_by,
            compute_seconds=min(result.telemetry.compute_seconds, seconds_of_attempt(job, now)) + saved,
            saved_seconds=saved,
            trained_at=now,
            lease_until=None,
            not_before=None,
        )
        if not moved:
            job = _attempt_of(job_id, attempt)
            return _if_same(_has_handed_in(job, posted), job)
        Artifact.objects.filter(job=job).delete()  # of an attempt that was set aside while it was being scored
        Artifact.objects.bulk_create(
            Artifact(
                job=job, name=ref.name, key=output_key(job, ref.name, ref.sha256), sha256=ref.sha256, size=ref.size
            )
            for ref in result.outputs
        )
        if job.kind == JobKind.BASE_SCORE:
            _keep_measurements(job, result)
        ring_scorer()
    _clear_node(job, now)
    return job


def _has_handed_in(job: Job, posted: dict[str, object]) -> bool:
    return job.state in {JobState.SCORING, JobState.SUCCEEDED} and job.result == posted


def _if_same(is_same: bool, job: Job) -> Job:
    """The job that the same post has moved already, be it only a moment ago. Raises `StaleAttempt` for another post."""
    if not is_same:
        raise StaleAttempt
    return job


def _keep_measurements(job: Job, result: JobResult) -> None:
    """What a base score found out about its model, and about the data in its tokens."""
    model = BaseModel.objects.select_for_update().get(pk=job.base_model_id)
    if result.speed is not None:
        model.speed[job.data.dataset_manifest.task] = result.speed.model_dump(mode="json")
    if result.longest_example is not None:
        model.longest[job.data.sha256] = result.longest_example
    model.save(update_fields=["speed", "longest"])


def _require_outputs(job: Job, outputs: tuple[OutputRef, ...]) -> None:
    names = [ref.name for ref in outputs]
    if PREDICTIONS not in names or len(set(names)) != len(names) or not set(names) <= set(OUTPUTS):
        raise Unprocessable(_("The result must name predictions.jsonl, and each output once."), code="invalid_outputs")
    for ref in outputs:
        if stored_size(output_key(job, ref.name, ref.sha256)) != ref.size:
            raise Unprocessable(
                _("%(name)s was not uploaded with that sha256 and size.") % {"name": ref.name}, code="missing_output"
            )


def accept_failure(*, job_id: str, attempt: int, failure: JobFailure) -> Job:
    """RUNNING → FAILED: the config's own fault, never retried. `model_integrity` is ours: refund, model disabled."""
    job = _attempt_of(job_id, attempt)
    if job.state != JobState.RUNNING:
        return _if_same(_has_failed_so(job, failure), job)
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
            job = _attempt_of(job_id, attempt)
            return _if_same(_has_failed_so(job, failure), job)
        if is_ours:
            BaseModel.objects.filter(pk=job.base_model_id).update(is_enabled=False)
            logger.error("model_integrity", model=job.base_model.slug, job=str(job.pk))
    if not is_ours:
        _clear_node(job, now)
    return job


def _has_failed_so(job: Job, failure: JobFailure) -> bool:
    return job.state == JobState.FAILED and job.failure_code == failure.code


def release_attempt(*, job_id: str, attempt: int, release: JobRelease) -> None:
    """RUNNING → QUEUED on the node's own word; a clean shutdown costs nothing, a dead child counts as a loss."""
    job = _attempt_of(job_id, attempt)
    if job.state != JobState.RUNNING:
        raise StaleAttempt
    now = db_now()
    actor = job.node.name if job.node else ""
    if release.lost:  # the sweeper rings when the back-off is over
        lose_attempt(job, now=now, reason=release.reason, actor=actor)
        return
    with transaction.atomic():
        if not move(job, JobState.QUEUED, now=now, reason=release.reason, actor=actor, **unassigned()):
            raise StaleAttempt
        ring_workers()
