"""Doorbells: a message that names no row. It may be lost, doubled or late; sweeps and idle polls make up for it."""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction

logger = structlog.get_logger(__name__)


def ring(task: str, *, queue: str) -> None:
    """After commit, tell one process of that queue that there may be work."""
    transaction.on_commit(lambda: _send(task, queue), robust=True)


def _send(task: str, queue: str) -> None:
    try:
        current_app.send_task(task, queue=queue, expires=60, ignore_result=True, retry=False)
    except Exception as error:  # the broker is only a doorbell: without it work starts a little later
        logger.warning("wakeup_lost", task=task, error=str(error))
