"""Long polling: hold the answer back until there is news of a job."""

from __future__ import annotations

import time
from uuid import UUID

from submissions.enums import FINAL_STATES
from submissions.models import Job

PAUSE_SECONDS = 0.25
MAX_WAIT_SECONDS = 30


def wait_for_news(job_id: UUID, *, seconds: float) -> None:
    """Return when the job's state, stage, attempt or progress changes, when it is final, or after `seconds`.

    One small query every quarter of a second, each in a transaction of its own: nothing is held while waiting.
    """
    until = time.monotonic() + seconds
    before = _version(job_id)
    while before[0] not in FINAL_STATES and time.monotonic() < until:
        time.sleep(min(PAUSE_SECONDS, max(0.0, until - time.monotonic())))
        if _version(job_id) != before:
            return


def _version(job_id: UUID) -> tuple[object, ...]:
    columns = ("state", "stage", "attempt", "losses", "progress_seq", "scoring_attempt")
    version: tuple[object, ...] = Job.objects.filter(pk=job_id).values_list(*columns).get()
    return version
