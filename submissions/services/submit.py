"""Submitting a config: the team's one write that costs something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import NotFound, PhaseClosed
from hackathon.models import Hackathon, Phase, User
from submissions.models import Quota, Submission
from submissions.tags import read_tags
from teams.models import Membership, Team
from training_worker.contract.base import JSON
from training_worker.contract.text import isolated
from training_worker.contract.wire import JobKind

from .annotate import set_tags
from .check_config import CheckedConfig, check_config, find_same_run, terms_of
from .idempotency import RequestKey, one_key_at_a_time
from .jobs import enqueue, ensure_base_score, new_job
from .quota import lock_quota, reserve


@dataclass(frozen=True)
class Submitted:
    """What a submit did: `was_created` is False where the same config had been submitted before, at no cost."""

    submission: Submission
    was_created: bool


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
    """Check a config as it came, and submit it. Raises `Invalid`, and what `submit_checked` raises.

    The same `idempotency_key` gives the first answer again, whatever is allowed by now; with another body it raises
    `Conflict`.
    """
    body = [str(phase.pk), config, note, *tags]
    key = RequestKey.of(author, idempotency_key, body) if author and idempotency_key else None
    first = _first_answer(key)
    if first is not None:
        return first
    checked = check_config(terms_of(phase), config)
    return submit_checked(author=author, team=team, checked=checked, note=note, tags=tags, key=key)


def submit_checked(
    *,
    author: User | None,
    team: Team,
    checked: CheckedConfig,
    note: str = "",
    tags: Sequence[str] = (),
    key: RequestKey | None = None,
) -> Submitted:
    """Queue a run of the config, or return the team's existing submission of the same run (no quota).

    An existing one keeps its note and tags, and stays withdrawn if it is. All happens in one transaction under the
    lock of the team's quota row: the phase must be open by the database's clock at that moment. Raises `NotFound` for
    who is not in the team, `PhaseClosed`, `QuotaExceeded`, `Invalid` for the tags.
    """
    names = read_tags(tags)
    with one_key_at_a_time(), transaction.atomic():
        quota = lock_quota(team=team, phase=checked.phase)
        now = db_now()
        first = _first_answer(key)
        if first is not None:
            return first
        _require_member(author, team)
        _require_open(Phase.objects.get(pk=checked.phase.pk), now)  # as it is now, not as it was before the lock
        existing = find_same_run(checked, team=team)
        submission = existing or _start_run(quota, author, team, checked, note, now)
        if existing is None:
            set_tags(submission, names)
        if key is not None:
            key.remember(submission, was_created=existing is None)
    return Submitted(submission, was_created=existing is None)


def _first_answer(key: RequestKey | None) -> Submitted | None:
    row = key.first_answer() if key else None
    return Submitted(row.submission, row.was_created) if row else None


def _require_member(author: User | None, team: Team) -> None:
    if author is None or team.is_reserved:
        return
    if not Membership.objects.current().filter(team=team, user=author).exists():
        raise NotFound


def _require_open(phase: Phase, now: datetime) -> None:
    if not phase.is_open(now):
        message = _("The phase “%(phase)s” is not open.") % {"phase": isolated(phase.name)}
        if phase.is_released:
            raise PhaseClosed(message, hint=_("Its private scores are released."))
        raise PhaseClosed(
            message,
            hint=_("It is open from %(start)s to %(end)s.")
            % {"start": phase.opens_at.isoformat(), "end": phase.closes_at.isoformat()},
        )


def _start_run(
    quota: Quota, author: User | None, team: Team, checked: CheckedConfig, note: str, now: datetime
) -> Submission:
    """The new submission with its queued job, charged to the quota; the organizers' own team pays nothing."""
    phase, model = checked.phase, checked.model
    submission = _create(author, team, checked, note, now)
    kind = JobKind.BASELINE if team.is_reserved else JobKind.RUN
    job = new_job(phase=phase, model=model, submission=submission, kind=kind, key=checked.run_key, now=now)
    if not team.is_reserved:
        reserve(quota, job, seconds=phase.challenge.challenge_limits.budget.max_seconds, now=now)
    enqueue(job, now=now, actor=str(author) if author else "organizers")
    ensure_base_score(phase=phase, model=model, now=now)
    return submission


def _create(author: User | None, team: Team, checked: CheckedConfig, note: str, now: datetime) -> Submission:
    hackathon = Hackathon.objects.filter(pk=checked.phase.challenge.hackathon_id)
    hackathon.update(submission_count=F("submission_count") + 1)
    return Submission.objects.create(
        number=hackathon.values_list("submission_count", flat=True).get(),
        phase=checked.phase,
        team=team,
        author=author,
        base_model=checked.model,
        config=checked.config.model_dump(mode="json"),
        config_hash=checked.hash,
        run_key=checked.run_key,
        note=note,
        received_at=now,
    )
