"""Celery on the site: the scorer with a queue of its own; the scheduler, which rings the periodic tasks and does them,
and sends mail. A message is only a doorbell; the database is the truth."""

from __future__ import annotations

import os
import threading
from typing import Any

import structlog
from celery import Celery, Task
from celery.beat import Scheduler, Service
from celery.signals import task_success, worker_ready, worker_shutting_down

from hackathon.serving.programs import BEAT
from training_worker.contract.wire import SCORING_QUEUE, SITE_QUEUE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hackathon.settings")
os.environ.setdefault("HACKTUNE_ROLE", "scorer")

logger = structlog.get_logger(__name__)

app = Celery("hacktune")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    task_default_queue=SITE_QUEUE,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 5, "max_retries": 0},
    task_publish_retry=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    timezone="UTC",
)
app.autodiscover_tasks(["hackathon", "submissions", "evaluation"])


@app.on_after_configure.connect
def _schedule(sender: Celery, **_: object) -> None:
    from django.conf import settings

    every, mail_every = settings.SWEEP_SECONDS, settings.MAIL_SWEEP_SECONDS
    sender.conf.beat_schedule = {
        "sweep": {"task": "submissions.sweep", "schedule": every, "options": {"expires": every}},
        "mail": {"task": "hackathon.deliver_mail", "schedule": mail_every, "options": {"expires": mail_every}},
        "clear mail": {"task": "hackathon.clear_mail", "schedule": 3600.0, "options": {"expires": 3600.0}},
        "clear sessions": {"task": "hackathon.clear_sessions", "schedule": 3600.0, "options": {"expires": 3600.0}},
        "clear orphans": {"task": "submissions.clear_orphans", "schedule": 3600.0, "options": {"expires": 3600.0}},
        "remove weights": {
            "task": "evaluation.remove_old_weights",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
        "clear imports": {
            "task": "hackathon.clear_imports",
            "schedule": 3600.0,
            "options": {"expires": 3600.0, "queue": SCORING_QUEUE},
        },
        "clear items": {
            "task": "evaluation.clear_items",
            "schedule": 3600.0,
            "options": {"expires": 3600.0, "queue": SCORING_QUEUE},
        },
    }


@task_success.connect
def _tell(sender: Task[Any, Any], result: int | None, **_: object) -> None:
    """One line for what a task has done; most passes find nothing to do."""
    tell = logger.info if result else logger.debug
    tell("task_done", task=sender.name, count=result)


if os.environ.get(BEAT):
    _beat = Service(app, scheduler_cls=Scheduler)

    @worker_ready.connect
    def _start_beat(**_: object) -> None:
        threading.Thread(target=_beat.start, name="beat", daemon=True).start()

    @worker_shutting_down.connect
    def _stop_beat(**_: object) -> None:
        _beat.stop()
