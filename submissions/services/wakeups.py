"""Doorbells: a message that names no job. It may be lost, doubled or late; sweeper and idle polls make up for it."""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction

from training_worker.contract.jobs import SITE_QUEUE, WAKE_TASK, WORKER_QUEUE

logger = structlog.get_logger(__name__)

SCORE_TASK = "evaluation.score_pending"


def ring_workers() -> None:
    """After commit, tell one node that there may be a job."""
    transaction.on_commit(lambda: _send(WAKE_TASK, WORKER_QUEUE), robust=True)


def ring_scorer() -> None:
    """After commit, tell the scorer that there may be predictions."""
    transaction.on_commit(lambda: _send(SCORE_TASK, SITE_QUEUE), robust=True)


def _send(task: str, queue: str) -> None:
    try:
        current_app.send_task(task, queue=queue, expires=60, ignore_result=True, retry=False)
    except Exception as error:  # the broker is only a doorbell: without it jobs start a little later
        logger.warning("wakeup_lost", task=task, error=str(error))
