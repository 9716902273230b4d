"""Submitting a config and taking it back: the team's two writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Conflict, Invalid, NotFound, PhaseClosed
from hackathon.models import BaseModel, Hackathon, Phase, User
from hackathon.selectors import usable_limits, usable_models
from submissions.enums import PRIORITY, JobState
from submissions.models import IdempotencyKey, Job, JobEvent, Submission
from submissions.rules import can_cancel, is_reusable
from submissions.tags import read_tags
from teams.models import Membership, Team
from training_worker.contract import sentences
from training_worker.contract.base import JSON
from training_worker.contract.canonical import canonical_json, config_hash, derive_seed, run_key
from training_worker.contract.config import ConfigInvalid, SubmissionConfig
from training_worker.contract.limits import Budget, Terms, read_config
from training_worker.contract.wire import JobKind

from .annotate import set_tags
from .quota import lock_quota, reserve
from .transitions import move
from .wakeups import ring_workers

BASE_SCORE = "base_score"


@dataclass(frozen=True)
class Submitted:
    """What a submit did: `was_created` is False where the same config had been submitted before, at no cost."""

    submission: Submission
    was_created: bool


def terms_of(phase: Phase) -> Terms:
    """What a config in that phase is judged against, now."""
    challenge = phase.challenge
    models = usable_models(challenge)
    speeds = {model.slug: model.measured_speed(challenge.task) for model in models}
    return Terms(
        task=challenge.task_spec,
        limits=usable_limits(challenge, models),
        size=phase.data.size,
        models={model.slug: model.model_facts for model in models},
        speeds={slug: speed for slug, speed in speeds.items() if speed is not None},
    )


def validate_config(terms: Terms, data: JSON) -> SubmissionConfig:
    """The canonical config. Raises `Invalid` with every problem, each with code, field and allowed range."""
    try:
        return read_config(data, terms)
    except ConfigInvalid as invalid:
        codes = {error.code for error in invalid.errors}
        raise Invalid(
            _("This config cannot be submitted."),
            hint=_("Correct the fields named below; nothing was charged."),
            code=codes.pop() if len(codes) == 1 else "invalid",
            fields=invalid.errors,
        ) from None


def submit_config(
    *,
    author: User | None,
    team: Team,
    phase: Phase,
    config: JSON,
    note: str = "",
    tags: Sequence[str] = (),
    idempotency_key: str = "",
) -> Submitted:
    """Queue a run of `config`, or return the team's existing submission of the same run (no quota).

    An existing one keeps its note and tags, and stays withdrawn if it is. All happens in one transaction under the
    lock of the team's quota row: the phase must be open by the database's clock at that moment.
    The same `idempotency_key` gives the first answer again; with another body it raises `Conflict`.
    """
    body = hashlib.sha256(json.dumps([str(phase.pk), config, note, *tags], sort_keys=True).encode()).hexdigest()
    replay = _replay(author, idempotency_key, body)
    if replay is not None:
        return replay
    checked, names = validate_config(terms_of(phase), config), read_tags(tags)
    with _one_key_at_a_time(), transaction.atomic():
        quota = lock_quota(team=team, phase=phase)
        now = db_now()
        replay = _replay(author, idempotency_key, body)
        if replay is not None:
            return replay
        _require_member(author, team)
        _require_open(Phase.objects.get(pk=phase.pk), now)  # as it is now, not as it was before the lock
        model = BaseModel.objects.get(slug=checked.base_model)
        key = run_key_for(phase, model, config_hash(checked))
        existing = find_same_run(team=team, phase=phase, key=key)
        if existing is not None:
            submitted = Submitted(existing, was_created=False)
        else:
            submission = _create(author, team, phase, model, checked, key, note, now)
            set_tags(submission, names)
            job = new_job(phase=phase, model=model, submission=submission, kind=_kind(team), key=key, now=now)
            if not team.is_reserved:
                reserve(quota, job, seconds=phase.challenge.challenge_limits.budget.max_seconds, now=now)
            _enqueue(job, now=now, actor=str(author) if author else "organizers")
            ensure_base_score(phase=phase, model=model, now=now)
            submitted = Submitted(submission, was_created=True)
        if idempotency_key and author is not None:
            IdempotencyKey.objects.create(
                user=author,
                key=idempotency_key,
                body_sha256=body,
                submission=submitted.submission,
                was_created=submitted.was_created,
            )
    return submitted


def _replay(author: User | None, key: str, body: str) -> Submitted | None:
    if not key or author is None:
        return None
    row = IdempotencyKey.objects.select_related("submission").filter(user=author, key=key).first()
    if row is None:
        return None
    if row.body_sha256 != body:
        raise _used_key()
    return Submitted(row.submission, row.was_created)


@contextmanager
def _one_key_at_a_time() -> Iterator[None]:
    """Two requests with the same key that lock different quotas: the database refuses the second one's key."""
    try:
        yield
    except IntegrityError as error:
        if IdempotencyKey._meta.db_table not in str(error) and "one_idempotency_key" not in str(error):
            raise
        raise _used_key() from None


def _used_key() -> Conflict:
    return Conflict(
        _("This Idempotency-Key was used with another body."),
        hint=_("Use a new key for a new request."),
        code="idempotency_mismatch",
    )


def _require_member(author: User | None, team: Team) -> None:
    if author is None or team.is_reserved:
        return
    if not Membership.objects.current().filter(team=team, user=author).exists():
        raise NotFound


def _require_open(phase: Phase, now: datetime) -> None:
    if not phase.is_open(now):
        message = _("The phase “%(phase)s” is not open.") % {"phase": phase.name}
        if phase.is_released:
            raise PhaseClosed(message, hint=_("Its private scores are out."))
        raise PhaseClosed(
            message,
            hint=_("It is open from %(start)s to %(end)s.")
            % {"start": phase.opens_at.isoformat(), "end": phase.closes_at.isoformat()},
        )


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


def find_same_run(*, team: Team, phase: Phase, key: str) -> Submission | None:
    """The team's submission with the same run key whose outcome may stand for a new run; None where there is none."""
    same = Job.objects.select_related("submission").filter(
        submission__team=team, submission__phase=phase, submission__run_key=key, replicate=0
    )
    for job in same.order_by("-queued_at"):
        if is_reusable(job.state, job.fault, job.failure_code, job.stopped_by):
            return job.submission
    return None


def _kind(team: Team) -> JobKind:
    return JobKind.BASELINE if team.is_reserved else JobKind.RUN


def _create(
    author: User | None,
    team: Team,
    phase: Phase,
    model: BaseModel,
    config: SubmissionConfig,
    key: str,
    note: str,
    now: datetime,
) -> Submission:
    hackathon = Hackathon.objects.filter(pk=phase.challenge.hackathon_id)
    hackathon.update(submission_count=F("submission_count") + 1)
    return Submission.objects.create(
        number=hackathon.values_list("submission_count", flat=True).get(),
        phase=phase,
        team=team,
        author=author,
        base_model=model,
        config=config.model_dump(mode="json"),
        config_hash=config_hash(config),
        run_key=key,
        note=note,
        received_at=now,
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
        config=submission.config_hash if submission else BASE_SCORE,
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
        seed=seed,
        queued_at=now,
    )


def _enqueue(job: Job, *, now: datetime, actor: str) -> None:
    job.save(force_insert=True)
    JobEvent.objects.create(
        job=job, at=now, to_state=JobState.QUEUED, attempt=0, reason=sentences.SUBMITTED, actor=actor
    )
    ring_workers()


def ensure_base_score(*, phase: Phase, model: BaseModel, now: datetime) -> Job:
    """The platform's job that scores `model` untrained on the phase's data: one for all teams, free of quota."""
    key = run_key_for(phase, model, BASE_SCORE)
    existing = Job.objects.filter(kind=JobKind.BASE_SCORE, key=key).exclude(
        state__in=[JobState.FAILED, JobState.CANCELLED]
    )
    found = existing.first()
    if found is not None:
        return found
    job = new_job(phase=phase, model=model, kind=JobKind.BASE_SCORE, key=key, now=now)
    _enqueue(job, now=now, actor="platform")
    return job


def _seconds_of_attempt(job: Job, now: datetime) -> float:
    """Seconds since the running attempt was claimed; what lost attempts took was the platform's fault and is free."""
    claimed = job.events.filter(to_state=JobState.RUNNING, attempt=job.attempt).latest("at")
    return (now - claimed.at).total_seconds()


def cancel_job(*, job: Job, actor: str) -> Job:
    """End a job at once; its attempt is dead. Before the start: refund. Raises `Conflict` where it has ended."""
    for _try in range(3):
        if not can_cancel(job.state):
            raise Conflict(
                _("This submission has already ended: %(state)s.") % {"state": job.get_state_display()},
                code="already_ended",
            )
        now = db_now()
        updates = {"compute_seconds": _seconds_of_attempt(job, now)} if job.state == JobState.RUNNING else {}
        if move(job, JobState.CANCELLED, now=now, reason=sentences.CANCELLED, actor=actor, **updates):
            return job
        job.refresh_from_db()
    raise Conflict(_("The job is changing right now; try again."), code="busy")
