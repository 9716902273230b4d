"""Celery tasks of this room: thin, safe to run twice."""

from celery import shared_task

from .services.clean import clear_orphans
from .services.sweep import sweep


@shared_task(name="submissions.sweep")
def sweep_leases() -> int:
    return sweep()


@shared_task(name="submissions.clear_orphans")
def clear_orphan_uploads() -> int:
    return clear_orphans()
