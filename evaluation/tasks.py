"""Celery tasks of this room: thin, safe to run twice."""

from celery import shared_task
from django.conf import settings

from submissions.services.wakeups import SCORE_TASK

from .services.weights import remove_old_weights

if settings.ROLE == "scorer":
    from .scoring import warmup  # noqa: F401  registers its handler


@shared_task(name="evaluation.clear_items")
def clear_orphan_items() -> int:
    from .scoring.clean import clear_items

    return clear_items()


@shared_task(name="evaluation.remove_old_weights")
def remove_weights() -> int:
    return remove_old_weights()


@shared_task(name=SCORE_TASK)
def score_pending() -> int:
    from .scoring import scorer as score  # the scorer alone pays for NumPy, and has when it started: see `warmup`

    return score.score_pending()
