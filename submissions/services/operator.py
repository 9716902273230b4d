"""What an operator does with quarantined jobs."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Conflict, Invalid
from submissions.enums import Fault, JobState
from submissions.models import Job

from .losses import unassigned
from .quota import charge_again
from .transitions import move
from .wakeups import ring_workers


def requeue_quarantined(*, job: Job, reason: str, actor: str) -> Job:
    """QUARANTINED → QUEUED with a clean record, charged again. Raises `Conflict` where it is not in quarantine."""
    _require(job, reason)
    now = db_now()
    with transaction.atomic():
        updates = unassigned() | {"losses": 0, "fault": Fault.NONE, "not_before": None, "lost_on": None}
        if not move(job, JobState.QUEUED, now=now, reason=reason, actor=actor, **updates):
            raise Conflict(_("The state of this job has just changed."))
        charge_again(job, now=now)
        ring_workers()
    return job


def drop_quarantined(*, job: Job, reason: str, actor: str) -> Job:
    """QUARANTINED → CANCELLED; it stays refunded."""
    _require(job, reason)
    if not move(job, JobState.CANCELLED, now=db_now(), reason=reason, actor=actor):
        raise Conflict(_("The state of this job has just changed."))
    return job


def _require(job: Job, reason: str) -> None:
    if not reason.strip():
        raise Invalid(_("Enter a reason."), code="reason_required")
    if job.state != JobState.QUARANTINED:
        raise Conflict(_("This job is not in quarantine."))
