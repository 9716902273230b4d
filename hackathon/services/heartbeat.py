"""Beats of the web processes and of the sweeper, by the database's clock."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Case, DateTimeField, F, Value, When

from hackathon.clock import db_now
from hackathon.models import Heartbeat

logger = structlog.get_logger(__name__)

SITE, SWEEPER = "site", "sweeper"


def gap() -> timedelta:
    """A pause between two beats of the site that is longer than this is an outage."""
    return timedelta(seconds=settings.LEASE_SECONDS / 4)


def beat(name: str) -> None:
    """Note that a process of that name is at work now. Raises `DatabaseError`."""
    now = db_now()
    back_at = Case(When(at__lt=now - gap(), then=Value(now)), default=F("back_at"), output_field=DateTimeField())
    if not Heartbeat.objects.filter(name=name).update(at=now, back_at=back_at):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, at=now, back_at=now)], ignore_conflicts=True)


def start_beating() -> threading.Thread:
    """Beat for the site until this process ends: five times a gap, so that a slow beat is no outage.

    The thread proves that the process runs and reaches the database, which is all that a node's post needs of it.
    """
    thread = threading.Thread(target=_beat_for_ever, name="heartbeat", daemon=True)
    thread.start()
    return thread


def _beat_for_ever() -> None:
    pause = threading.Event()
    while True:
        try:
            beat(SITE)
        except DatabaseError as error:
            logger.warning("heartbeat_failed", error=type(error).__name__)
            connection.close()
        pause.wait(gap().total_seconds() / 5)
