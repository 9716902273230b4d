"""The scorer's side of a job's life: its own lease and fence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q

from hackathon.clock import db_now
from submissions.enums import Fault, JobState
from submissions.models import Job
from training_worker.contract import sentences

from .losses import lose_attempt
from .transitions import move

logger = structlog.get_logger(__name__)

INVALID_RESULT = "invalid_result"
LONGEST_SECONDS = 3600.0


def claim_scoring() -> Job | None:
    """The job that has waited longest for its score, leased to the caller; None where there is none."""
    now = db_now()
    waiting = Job.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now), state=JobState.SCORING, lease_until__isnull=True
    )
    for job in waiting.order_by("trained_at"):
        fence = Job.objects.filter(
            pk=job.pk, state=JobState.SCORING, scoring_attempt=job.scoring_attempt, lease_until__isnull=True
        )
        lease = now + timedelta(seconds=settings.LEASE_SECONDS)
        if fence.update(scoring_attempt=F("scoring_attempt") + 1, lease_until=lease):
            job.refresh_from_db()
            return job
    return None


@contextmanager
def held_lease(job: Job) -> Iterator[None]:
    """Renew the scoring lease of `job` from a thread of its own while the block runs, for `LONGEST_SECONDS` at most.

    A metric may take longer than a lease; one that never ends must not hold its job for ever.
    """
    is_over = threading.Event()
    thread = threading.Thread(target=_renew, args=(job, job.scoring_attempt, is_over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _renew(job: Job, fence: int, is_over: threading.Event) -> None:
    pause = settings.LEASE_SECONDS / 4
    try:
        for _time in range(int(LONGEST_SECONDS / pause)):
            if is_over.wait(pause):
                return
            try:
                lease = db_now() + timedelta(seconds=settings.LEASE_SECONDS)
                same = Job.objects.filter(pk=job.pk, state=JobState.SCORING, scoring_attempt=fence)
                if not same.update(lease_until=lease):
                    return
            except DatabaseError as error:
                logger.warning("lease_not_renewed", job=str(job.pk), error=type(error).__name__)
                connection.close()
    finally:
        connection.close()


def finish_scoring(job: Job) -> bool:
    """SCORING → SUCCEEDED, in the caller's transaction with the result row. False: this scorer's fence is old."""
    return move(job, JobState.SUCCEEDED, now=db_now(), reason=sentences.SCORED, actor="scorer", lease_until=None)


def reject_result(job: Job, *, message: str) -> bool:
    """SCORING → FAILED `invalid_result`: predictions that cannot be ours to blame the team for. Refund, alert."""
    logger.error(INVALID_RESULT, job=str(job.pk), problem=message)
    return move(
        job,
        JobState.FAILED,
        now=db_now(),
        reason=INVALID_RESULT,
        actor="scorer",
        failure_code=INVALID_RESULT,
        failure_message=sentences.INVALID_PREDICTIONS,
        failure_hint=sentences.PLATFORM_FAULT_HINT,
        fault=Fault.PLATFORM,
        lease_until=None,
    )


def lose_scoring(job: Job, *, reason: str) -> bool:
    """The scorer raised: counts as a loss; the sweeper rings again after the back-off. `reason` must hold no data."""
    return lose_attempt(job, now=db_now(), reason=reason, actor="scorer")
