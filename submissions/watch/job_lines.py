"""Jobs as lines of the tables of those who watch over an event: plain values, so that two readings can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from submissions.models import Job
from submissions.pages.stages import STAGE_NAMES


@dataclass(frozen=True)
class JobLine:
    """`name` is "#17" or, for the platform's own job, its kind; `url` its page ("" where there is none)."""

    pk: UUID
    name: str
    url: str
    team: str
    challenge: str
    model: str
    node: str
    stage: str
    step: int
    total_steps: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    losses: int
    code: str
    message: str
    fault: str
    reason: str = ""
    """Why it was last moved, where that was read."""


def with_rows(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """With all that `job_line` reads."""
    rows = jobs.select_related("submission", "team", "phase__challenge", "base_model", "node")
    return rows.defer("result", "budget", "submission__config", "base_model__manifest", "node__report")


def job_line(job: Job) -> JobLine:
    return JobLine(
        pk=job.pk,
        name=str(job.submission or job.kind),
        url=reverse("submissions:detail", args=[job.submission_id]) if job.submission_id else "",
        team=str(job.team or ""),
        challenge=str(job.phase.challenge),
        model=str(job.base_model),
        node=str(job.node or ""),
        stage=str(STAGE_NAMES.get(job.stage, "")),
        step=job.step,
        total_steps=job.total_steps,
        queued_at=job.queued_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        losses=job.losses,
        code=job.failure_code,
        message=job.failure_message,
        fault=job.get_fault_display() if job.fault else "",
        reason=getattr(job, "last_reason", None) or "",
    )
