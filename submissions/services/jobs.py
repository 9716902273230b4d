"""Jobs: made, queued and cancelled; the platform's own one that scores an untrained model."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Conflict
from hackathon.models import BaseModel, Phase
from submissions.enums import PRIORITY, Fault, JobState
from submissions.models import Job, JobEvent, Submission
from submissions.rules import can_cancel
from training_worker.contract import sentences
from training_worker.contract.canonical import canonical_json, derive_seed, run_key
from training_worker.contract.limits import Budget
from training_worker.contract.wire import JobKind

from .quota import count_move
from .transitions import move
from .wakeups import ring_workers

BASE_SCORE = "base_score"
"""Stands for the config's hash where nothing is trained."""
BASE_SCORE_TRIES = 3


def run_key_for(phase: Phase, model: BaseModel, config: str, replicate: int = 0) -> str:
    """Run key of the config with that hash, as the phase would run it now."""
    budget = canonical_json(phase.challenge.challenge_limits.budget)
    return run_key(
        config=config,
        model=model.sha256,
        data=phase.data.sha256,
        recipe=phase.recipe,
        precision=phase.precision,
        budget=budget,
        replicate=replicate,
    )


def new_job(
    *,
    phase: Phase,
    model: BaseModel,
    kind: JobKind,
    key: str,
    now: datetime,
    submission: Submission | None = None,
    replicate: int = 0,
) -> Job:
    """A job that is not saved yet; its seed comes from the event's secret."""
    budget: Budget = phase.challenge.challenge_limits.budget
    seed = derive_seed(
        secret=bytes.fromhex(phase.challenge.hackathon.secret),
        data=phase.data.sha256,
        replicate=replicate,
    )
    return Job(
        kind=kind,
        submission=submission,
        phase=phase,
        data=phase.data,
        base_model=model,
        team=submission.team if submission else None,
        replicate=replicate,
        key=key,
        priority=PRIORITY[kind],
        budget=budget.model_dump(mode="json"),
        memory_mb=budget.max_memory_mb,
        loads_in_4bit=submission is not None and submission.submission_config.method.weights.load_in_4bit,
        seed=seed,
        queued_at=now,
    )


def enqueue(job: Job, *, now: datetime, actor: str) -> None:
    """Save the job with its first event; the workers are told on commit."""
    job.save(force_insert=True)
    count_move(job, None, JobState.QUEUED, now=now)
    JobEvent.objects.create(
        job=job, at=now, to_state=JobState.QUEUED, attempt=0, reason=sentences.SUBMITTED, actor=actor
    )
    ring_workers()


def ensure_base_score(*, phase: Phase, model: BaseModel, now: datetime) -> Job:
    """The platform's job that scores `model` untrained on the phase's data: one for all teams, free of quota. Another
    challenge on the same data has one of its own: its metric may be another.

    One that failed by the model's own doing would fail again; one that the platform failed is tried three times.
    """
    key = run_key_for(phase, model, f"{BASE_SCORE} {phase.data_id}")
    existing = Job.objects.filter(kind=JobKind.BASE_SCORE, key=key).exclude(state=JobState.CANCELLED)
    jobs = list(existing.order_by("-queued_at"))
    failed = [job for job in jobs if job.state == JobState.FAILED]
    for job in jobs:
        if job.state != JobState.FAILED or job.fault == Fault.OWN or len(failed) >= BASE_SCORE_TRIES:
            return job
    job = new_job(phase=phase, model=model, kind=JobKind.BASE_SCORE, key=key, now=now)
    enqueue(job, now=now, actor="platform")
    return job


def cancel_job(*, job: Job, actor: str) -> Job:
    """End a job at once; its attempt is dead. Before the start: refund. Raises `Conflict` where it has ended."""
    for _try in range(3):
        if not can_cancel(job.state):
            raise Conflict(
                _("This submission has already ended: %(state)s.") % {"state": job.get_state_display()},
                code="already_ended",
            )
        now = db_now()
        used = seconds_of_attempt(job, now) if job.state == JobState.RUNNING else job.compute_seconds
        if move(job, JobState.CANCELLED, now=now, reason=sentences.CANCELLED, actor=actor, compute_seconds=used):
            return job
        job.refresh_from_db()
    raise Conflict(_("The job is changing right now; try again."), code="busy")


def seconds_of_attempt(job: Job, now: datetime) -> float:
    """Seconds since the running attempt was claimed; what lost attempts took was the platform's fault and is free."""
    claimed = job.events.filter(to_state=JobState.RUNNING, attempt=job.attempt).latest("at")
    return (now - claimed.at).total_seconds()
