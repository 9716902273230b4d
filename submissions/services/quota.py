"""A team's quota in a phase: one row, locked; reserved at submit, settled once when the job ends."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from hackathon.errors import QuotaExceeded
from hackathon.models import Phase
from submissions.enums import Fault, JobState
from submissions.models import Job, Quota
from submissions.rules import next_quota_day, quota_day
from teams.models import Team


def lock_quota(*, team: Team, phase: Phase) -> Quota:
    """The team's row, locked until the transaction ends; made with the phase's caps where it was missing."""
    Quota.objects.get_or_create(
        team=team,
        phase=phase,
        defaults={
            "cap_day": phase.per_day,
            "cap_total": phase.total,
            "cap_at_once": phase.at_once,
            "cap_compute": phase.compute_seconds,
        },
    )
    return Quota.objects.select_for_update().get(team=team, phase=phase)


def reserve(quota: Quota, job: Job, *, seconds: float, now: datetime) -> None:
    """Charge one submission and `seconds` of compute. Needs the lock. Raises `QuotaExceeded`, changing nothing."""
    zone = quota.phase.challenge.hackathon.time_zone
    today = quota_day(now, zone)
    if quota.day != today:
        quota.day, quota.used_today = today, 0
    _require_left(quota, seconds, now)
    quota.used_today += 1
    quota.used_total += 1
    quota.running += 1
    quota.compute_used += seconds
    quota.save()
    job.charged, job.reserved_seconds, job.charge_day = True, seconds, today


def _require_left(quota: Quota, seconds: float, now: datetime) -> None:
    if quota.used_today + 1 > quota.cap_day:
        resets_at = next_quota_day(now, quota.phase.challenge.hackathon.time_zone).isoformat()
        message = _("Daily limit reached (%(used)d/%(cap)d), resets at %(time)s.")
        values = {"used": quota.used_today, "cap": quota.cap_day, "time": resets_at}
        raise QuotaExceeded(message % values, reset_at=resets_at)
    if quota.used_total + 1 > quota.cap_total:
        message = _("Submission limit of this phase reached (%(used)d/%(cap)d).")
        raise QuotaExceeded(message % {"used": quota.used_total, "cap": quota.cap_total}, reset_at=None)
    if quota.running + 1 > quota.cap_at_once:
        message = _("Concurrent run limit reached (%(used)d of %(cap)d). Wait for one to finish, or cancel one.")
        raise QuotaExceeded(message % {"used": quota.running, "cap": quota.cap_at_once}, reset_at=None)
    if quota.compute_used + seconds > quota.cap_compute:
        message = _("Compute limit reached: %(left)d of %(cap)d s left, a run reserves %(needed)d s.")
        values = {"left": quota.cap_compute - quota.compute_used, "cap": quota.cap_compute, "needed": seconds}
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
        running=Greatest(F("running") - 1, Value(0)),
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
    quota.running += 1
    quota.compute_used += job.reserved_seconds
    quota.save()
    job.charged, job.charge_day = True, today
    job.save(update_fields=["charged", "charge_day"])
