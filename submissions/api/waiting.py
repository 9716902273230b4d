"""Long polling: hold the answer back until there is news of a job, or until it has ended."""

from __future__ import annotations

import time
from enum import StrEnum
from uuid import UUID

from hackathon.serving.held import STOPPING, held_thread
from submissions.enums import FINAL_STATES
from submissions.models import Job

PAUSE_SECONDS = 0.25
MAX_WAIT_SECONDS = 30
ASK_AGAIN_SECONDS = 3


class Until(StrEnum):
    """What a client waits for: any change of state, stage, attempt or progress, or a state that is final."""

    CHANGE = "change"
    ENDED = "ended"


def wait_for_news(job_id: UUID, *, seconds: float, until: Until = Until.CHANGE) -> bool:
    """Return when there is what was waited for, when the job is final, or after `seconds`.

    False, at once, where too many wait in this process: the client should ask again later. One small query every
    quarter of a second, each in a transaction of its own: nothing but the thread is held while waiting.
    """
    end = time.monotonic() + seconds
    before = now = _version(job_id)
    with held_thread() as may_wait:
        while may_wait and now[0] not in FINAL_STATES and (until == Until.ENDED or now == before):
            left = end - time.monotonic()
            if left <= 0 or STOPPING.wait(min(PAUSE_SECONDS, left)):
                break
            now = _version(job_id)
    return may_wait


def _version(job_id: UUID) -> tuple[object, ...]:
    columns = ("state", "stage", "attempt", "losses", "progress_seq", "scoring_attempt")
    version: tuple[object, ...] = Job.objects.filter(pk=job_id).values_list(*columns).get()
    return version
