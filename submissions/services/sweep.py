"""The sweeper: notices attempts whose lease has run out, rings again for what waits, clears orphan uploads."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from hackathon.clock import db_now
from submissions.enums import JobState
from submissions.models import Job
from training_worker.contract.sentences import NODE_LOST, SCORER_LOST

from .attempts import lose_attempt
from .wakeups import ring_scorer, ring_workers

LAST_SWEEP = "hacktune.sweeper.last"


def sweep(now: datetime | None = None) -> int:
    """One pass; safe to run twice and by two processes at once. Returns the number of attempts found dead.

    After an outage of the site itself (no sweep for two leases) it first waits one lease: the workers could not reach
    us, so their silence proves nothing.
    """
    now = now or db_now()
    lost = 0
    if not _is_recovering(now):
        for job in Job.objects.filter(state__in=[JobState.RUNNING, JobState.SCORING], lease_until__lt=now):
            reason = NODE_LOST if job.state == JobState.RUNNING else SCORER_LOST
            lost += lose_attempt(job, now=now, reason=reason, actor="sweeper")
    with transaction.atomic():
        if Job.objects.filter(state=JobState.QUEUED).exists():
            ring_workers()
        if Job.objects.filter(state=JobState.SCORING).exists():
            ring_scorer()
    return lost


def _is_recovering(now: datetime) -> bool:
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    seen: dict[str, datetime] = cache.get(LAST_SWEEP) or {"last": now, "wait_until": now}
    if now - seen["last"] > 2 * lease:
        seen["wait_until"] = now + lease
    cache.set(LAST_SWEEP, {"last": now, "wait_until": seen["wait_until"]}, timeout=None)
    return now < seen["wait_until"]
