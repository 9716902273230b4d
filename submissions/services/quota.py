"""A team's quota in a phase: one row, locked; reserved at submit, settled once when the job ends."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from hackathon.errors import QuotaExceeded
from hackathon.models import Phase
from submissions.enums import Fault, JobState
from submissions.models import Job, Quota
from submissions.rules import next_quota_day, quota_day
from teams.models import Team
from training_worker.contract.wire import JobKind

AT_ONCE = Coalesce("cap_at_once", "phase__at_once")
"""How many runs of a team may go at the same time in the phase of its quota row."""


def lock_quota(*, team: Team, phase: Phase) -> Quota:
    """The team's row, locked until the transaction ends; made where it was missing."""
    Quota.objects.get_or_create(team=team, phase=phase)
    locked = Quota.objects.select_for_update(of=("self",)).select_related("phase__challenge__hackathon")
    return locked.get(team=team, phase=phase)


def may_start(job: Job) -> bool:
    """Is one more run of the job's team allowed now? Locks the quota row until the transaction ends."""
    if job.kind != JobKind.RUN:
        return True
    locked = Quota.objects.select_for_update(of=("self",)).filter(team=job.team_id, phase=job.phase_id)
    quota = locked.only("running").annotate(at_once=AT_ONCE).first()
    return quota is None or quota.running < quota.at_once


def count_move(job: Job, source: JobState | None, to: JobState, *, now: datetime) -> None:
    """Keep the numbers of the team's queued and running runs, and when one started; `source` None is one that was just
    queued."""
    if job.kind != JobKind.RUN:
        return
    queued = (to == JobState.QUEUED) - (source == JobState.QUEUED)
    running = (to == JobState.RUNNING) - (source == JobState.RUNNING)
    if queued or running:
        started = {"last_start": now} if running > 0 else {}
        Quota.objects.filter(team=job.team_id, phase=job.phase_id).update(
            queued=Greatest(F("queued") + queued, Value(0)),
            running=Greatest(F("running") + running, Value(0)),
            **started,
        )


def reserve(quota: Quota, job: Job, *, seconds: float, now: datetime) -> None:
    """Charge one submission and `seconds` of compute. Needs the lock. Raises `QuotaExceeded`, changing nothing."""
    zone = quota.phase.challenge.hackathon.time_zone
    today = quota_day(now, zone)
    if quota.day != today:
        quota.day, quota.used_today = today, 0
    _require_left(quota, seconds, now)
    quota.used_today += 1
    quota.used_total += 1
    quota.compute_used += seconds
    quota.save()
    job.charged, job.reserved_seconds, job.charge_day = True, seconds, today


def _require_left(quota: Quota, seconds: float, now: datetime) -> None:
    caps = quota.caps
    if quota.used_today + 1 > caps.day:
        resets_at = next_quota_day(now, quota.phase.challenge.hackathon.time_zone).isoformat()
        message = _("Daily limit reached (%(used)d/%(cap)d), resets at %(time)s.")
        values = {"used": quota.used_today, "cap": caps.day, "time": resets_at}
        raise QuotaExceeded(message % values, reset_at=resets_at)
    if quota.used_total + 1 > caps.total:
        message = _("Submission limit of this phase reached (%(used)d/%(cap)d).")
        raise QuotaExceeded(message % {"used": quota.used_total, "cap": caps.total}, reset_at=None)
    if quota.queued + 1 > caps.queued:
        message = _("Queue limit reached (%(used)d of %(cap)d). Wait for a run to start, or cancel one.")
        raise QuotaExceeded(message % {"used": quota.queued, "cap": caps.queued}, reset_at=None)
    if quota.compute_used + seconds > caps.compute:
        message = _("Compute limit reached: %(left)d of %(cap)d s left, a run reserves %(needed)d s.")
        values = {"left": max(0.0, caps.compute - quota.compute_used), "cap": caps.compute, "needed": seconds}
        raise QuotaExceeded(message % values, hint=_("Running jobs return what they do not use."), reset_at=None)


def settle(job: Job) -> None:
    """Give back what a finished or quarantined job did not use; safe to call twice, in the state's own transaction.

    Platform faults and cancelling before the start cost nothing; anything else one submission and the compute used.
    """
    if not job.charged or job.team_id is None:
        return
    is_refund = job.fault == Fault.PLATFORM or (job.state == JobState.CANCELLED and job.started_at is None)
    is_refund = is_refund or job.state == JobState.QUARANTINED
    used = 0.0 if is_refund else min(job.compute_seconds, job.reserved_seconds * 1.25)
    row = Quota.objects.filter(team=job.team_id, phase=job.phase_id)
    row.update(
        compute_used=Greatest(F("compute_used") - job.reserved_seconds + used, Value(0.0)),
    )
    if is_refund:
        row.update(used_total=Greatest(F("used_total") - 1, Value(0)))
        row.filter(day=job.charge_day).update(used_today=Greatest(F("used_today") - 1, Value(0)))
    Job.objects.filter(pk=job.pk).update(charged=False)
    job.charged = False


def charge_again(job: Job, *, now: datetime) -> None:
    """Put a quarantined job's charge back when the operator requeues it; caps do not apply: it was paid once."""
    if job.team_id is None or job.charge_day is None:
        return
    quota = lock_quota(team=Team.objects.get(pk=job.team_id), phase=job.phase)
    today = quota_day(now, job.phase.challenge.hackathon.time_zone)
    if quota.day != today:
        quota.day, quota.used_today = today, 0
    quota.used_today += 1
    quota.used_total += 1
    quota.compute_used += job.reserved_seconds
    quota.save()
    job.charged, job.charge_day = True, today
    job.save(update_fields=["charged", "charge_day"])
