"""The one function that writes a job's state: by conditional UPDATE, with its event, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.errors import Conflict
from submissions.enums import FINAL_STATES, JobState
from submissions.models import Job, JobEvent
from submissions.rules import is_legal

from .quota import count_move, settle


class StaleAttempt(Conflict):
    """A post of an attempt that is not the job's current one; it changed nothing."""

    code = "stale_attempt"

    def __init__(self) -> None:
        super().__init__(_("This attempt is over."), hint=_("Stop it and claim the next job."))


def move(
    job: Job,
    to: JobState,
    *,
    now: datetime,
    reason: str = "",
    actor: str = "",
    fence: Mapping[str, Any] | None = None,
    **updates: Any,
) -> bool:
    """Move `job` from the state, attempt and scoring attempt it was read with to `to`, in the database and in memory.

    False, and nothing changed, where another process was faster, or where a column is not as `fence` has it. Final
    states and quarantine settle the quota. Raises ValueError for a transition that is not in the table: that is a bug,
    not a race.
    """
    source = JobState(job.state)
    if not is_legal(source, to):
        raise ValueError(f"{source} → {to} is not a legal transition")
    if to in FINAL_STATES:
        updates.setdefault("finished_at", now)
    if to != JobState.RUNNING:
        updates.setdefault("stage", "")
    with transaction.atomic(savepoint=False):
        moved = Job.objects.filter(
            pk=job.pk, state=source, attempt=job.attempt, scoring_attempt=job.scoring_attempt, **(fence or {})
        ).update(state=to, **updates)
        if not moved:
            return False
        for name, value in {"state": to, **updates}.items():
            setattr(job, name, value)
        JobEvent.objects.create(
            job=job, at=now, from_state=source, to_state=to, attempt=job.attempt, reason=reason[:300], actor=actor[:100]
        )
        count_move(job, source, to, now=now)
        if to in FINAL_STATES or to == JobState.QUARANTINED:
            settle(job)
    return True
