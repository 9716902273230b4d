"""A phase lies within its hackathon: the one rule of forms, deadlines and imports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from hackathon.models import Hackathon, Phase
from hackathon.web.zones import event_time
from training_worker.contract.text import isolated


def outside_event(opens_at: datetime, closes_at: datetime, hackathon: Hackathon) -> Iterator[tuple[str, str]]:
    """(field, why) of each end of a phase's window that lies outside of the hackathon's. Pure."""
    if opens_at < hackathon.starts_at:
        message = _("The phase would open before the hackathon starts, %(time)s: open it later, or start earlier.")
        yield "opens_at", message % {"time": event_time(hackathon.starts_at, hackathon)}
    if closes_at > hackathon.ends_at:
        message = _("The phase would end after the hackathon, %(time)s: end it earlier, or end the hackathon later.")
        yield "closes_at", message % {"time": event_time(hackathon.ends_at, hackathon)}


def phases_left_outside(hackathon: Hackathon) -> Iterator[tuple[str, str]]:
    """(field of the hackathon, why) of each phase that its window, stored or not yet, would leave outside."""
    fields = {"opens_at": "starts_at", "closes_at": "ends_at"}
    for phase in _phases(hackathon):
        for field, _message in outside_event(phase.opens_at, phase.closes_at, hackathon):
            at = event_time(getattr(phase, field), hackathon)
            message = _("The phase “%(phase)s” would lie outside: %(time)s. Change it first.")
            yield fields[field], message % {"phase": isolated(phase), "time": at}


def phases_that_ended_with(hackathon: Hackathon, ended_at: datetime) -> list[Phase]:
    """Those that ended with the hackathon when that ended at another time, and still do."""
    return [phase for phase in _phases(hackathon) if phase.closes_at == ended_at and not phase.is_released]


def _phases(hackathon: Hackathon) -> Iterator[Phase]:
    yield from Phase.objects.filter(challenge__hackathon=hackathon).select_related("challenge").order_by("opens_at")
