"""Pure predicates and small formulas of a job's life; `now` is passed in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from training_worker.contract.wire import FailureCode, StoppedBy

from .enums import ACTIVE_STATES, LEGAL_TRANSITIONS, Fault, JobState


def is_legal(from_state: JobState, to_state: JobState) -> bool:
    return to_state in LEGAL_TRANSITIONS[from_state]


def can_cancel(state: str) -> bool:
    return state in ACTIVE_STATES


def back_off(losses: int) -> timedelta:
    """How long a lost job waits before it may be claimed again: 2, 4, 8, 16 … at most 300 seconds."""
    return timedelta(seconds=min(2.0**losses, 300.0))


def is_reusable(state: str, fault: str, failure_code: str, stopped_by: str) -> bool:
    """May the same config be answered with this job's outcome instead of a new run?

    Not where it was cancelled, was the platform's fault, or ended by the clock (which another run may not).
    """
    if state == JobState.CANCELLED or fault == Fault.PLATFORM:
        return False
    return failure_code != FailureCode.TIME_LIMIT and stopped_by not in {StoppedBy.STEPS, StoppedBy.SECONDS}


def quota_day(now: datetime, time_zone: str) -> date:
    """The day of a quota: that of the hackathon's zone."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def next_quota_day(now: datetime, time_zone: str) -> datetime:
    """When the day's quota starts anew."""
    zone = ZoneInfo(time_zone)
    tomorrow = quota_day(now, time_zone) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
