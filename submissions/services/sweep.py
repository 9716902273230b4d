"""The sweeper: notices attempts whose lease has run out, and rings again for what waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from hackathon.clock import db_now
from hackathon.models import Heartbeat
from hackathon.services.heartbeat import SITE, SWEEPER, beat, gap
from submissions.enums import JobState
from submissions.models import Job
from training_worker.contract.sentences import NODE_LOST, SCORER_LOST

from .losses import expire_attempt
from .wakeups import ring_scorer, ring_workers

logger = structlog.get_logger(__name__)


def sweep(now: datetime | None = None) -> int:
    """One pass; safe to run twice and by two processes at once. Returns the number of attempts found dead.

    While the site is away, and for one lease after it is back, silence proves nothing, and nobody is swept.
    """
    now = now or db_now()
    lost = 0 if site_was_away(now) else _sweep_expired(now)
    with transaction.atomic():
        due = Q(not_before__isnull=True) | Q(not_before__lte=now)
        if Job.objects.filter(due, state=JobState.QUEUED).exists():
            ring_workers()
        if Job.objects.filter(due, state=JobState.SCORING).exists():
            ring_scorer()
    beat(SWEEPER)
    return lost


def _sweep_expired(now: datetime) -> int:
    lost = 0
    held = Job.objects.filter(state__in=[JobState.RUNNING, JobState.SCORING], lease_until__lt=now)
    for job in held.select_related("node"):
        reason = NODE_LOST if job.state == JobState.RUNNING else SCORER_LOST
        try:
            lost += expire_attempt(job, now=now, reason=reason)
        except Exception:  # one job that cannot be moved must not keep the others
            logger.exception("sweep_failed", job=str(job.pk))
    return lost


def site_was_away(now: datetime) -> bool:
    """Could a post have failed to reach the site or its database within the last lease? By the site's own beats.

    Where no web process has ever beaten there was nobody to post to, and so no attempt.
    """
    seen = Heartbeat.objects.filter(name=SITE).first()
    if seen is None:
        return False
    return now - seen.at > gap() or now - seen.back_at < timedelta(seconds=settings.LEASE_SECONDS)
