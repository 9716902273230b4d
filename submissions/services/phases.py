"""Changing a phase: what its scores rest on is pinned from its opening, or its first job, on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Conflict, Invalid
from hackathon.models import Hackathon, Phase
from hackathon.models.challenge import QUOTA
from hackathon.services.phase_window import outside_event
from submissions.models import Job
from training_worker.contract.base import FieldError

PINNED = ("challenge", "opens_at", "data", "precision", "recipe")
"""With `display_step`, which only `fix_display_step` writes: changing one would make scores incomparable."""


def is_pinned(phase: Phase, *, now: datetime) -> bool:
    """Has the phase opened, or has anything run in it?"""
    return phase.opens_at <= now or Job.objects.filter(phase=phase).exists()


def save_phase(*, phase: Phase) -> Phase:
    """Write a phase that an organizer made or changed. Raises what `require_change` raises."""
    with transaction.atomic():
        stored = Phase.objects.select_for_update().filter(pk=phase.pk).first()
        require_change(phase, stored)
        if stored is None:
            phase.save(force_insert=True)
        else:
            phase.save(update_fields=["name", *PINNED, "closes_at", *QUOTA])
    return phase


def require_change(phase: Phase, stored: Phase | None) -> None:
    """Raises `Conflict` `phase_pinned` naming the fields, or `Invalid` for data of another challenge, a past end, or a
    window that is not within the hackathon's."""
    now = db_now()
    if stored is not None and is_pinned(stored, now=now):
        columns = {"challenge": "challenge_id", "data": "data_id"}
        attributes = [columns.get(name, name) for name in (*PINNED, "closes_at", "display_step")]
        changed = [name for name in attributes if getattr(phase, name) != getattr(stored, name)]
        if changed:
            raise Conflict(
                _("This phase has opened or has runs: %(fields)s can no longer change.")
                % {"fields": ", ".join(changed)},
                hint=_("Create another phase. To move its end, use the action “Move the deadline”."),
                code="phase_pinned",
            )
        return
    if phase.data.challenge_id != phase.challenge_id:
        raise _wrong("data", _("Choose a data version of this challenge."))
    if phase.closes_at <= now:
        raise _wrong("closes_at", _("A phase cannot end in the past."))
    _require_within(phase.challenge.hackathon, phase.opens_at, phase.closes_at)


def move_deadline(*, phase: Phase, closes_at: datetime) -> Phase:
    """Let the phase end at another time, later or earlier. Raises `Invalid` for one that is past, before its start or
    after the hackathon's end, `Conflict` `scores_released` once its private scores are out.

    Submissions that were accepted stay accepted; a phase that has ended opens again.
    """
    with transaction.atomic():
        locked = Phase.objects.select_for_update().get(pk=phase.pk)
        if closes_at <= db_now():
            raise _wrong("closes_at", _("The new end is in the past: choose a time to come."))
        if closes_at <= locked.opens_at:
            raise _wrong("closes_at", _("The phase would end before it opens."))
        if locked.is_released:
            raise Conflict(
                _("The private scores of this phase are released: it cannot be reopened."),
                hint=_("Create another phase, on another data version."),
                code="scores_released",
            )
        _require_within(locked.challenge.hackathon, locked.challenge.hackathon.starts_at, closes_at)
        locked.closes_at = phase.closes_at = closes_at
        locked.save(update_fields=["closes_at"])
    return phase


def _require_within(hackathon: Hackathon, opens_at: datetime, closes_at: datetime) -> None:
    for field, message in outside_event(opens_at, closes_at, hackathon):
        raise _wrong(field, message)


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, fields=[FieldError(code="invalid", field=field, message=message)])
