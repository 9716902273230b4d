"""The Celery worker: its one task is a doorbell. The work is done by the runner's thread, with or without a broker."""

from __future__ import annotations

from typing import Any

import structlog
from celery import Celery
from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from ..contract.wire import WAKE_TASK, WORKER_QUEUE
from .runner import Runner
from .settings import Settings
from .template import Template

GOODBYE_SECONDS = 5.0
log = structlog.get_logger()


def build_app(settings: Settings, runner: Runner) -> Celery:
    """JSON only, one message at a time, no results; a broker that is away is tried again for ever."""
    app = Celery("training_worker", broker=settings.broker_url)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_default_queue=WORKER_QUEUE,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
        worker_hijack_root_logger=False,
        broker_connection_timeout=2,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        enable_utc=True,
    )

    @app.task(name=WAKE_TASK, ignore_result=True)
    def wake() -> None:
        runner.ring()

    return app


def serve(settings: Settings, runner: Runner, template: Template) -> int:
    """Run until SIGTERM; returns the exit code. Must be called in the main thread."""

    def start(**_: Any) -> None:
        try:
            device = template.start()
        except Exception as error:  # Celery logs what a handler raises and goes on: a node without hands
            log.exception("template_broken")
            raise SystemExit(3) from error
        log.info("ready", device=device.device, memory_mb=device.memory_mb, threads=settings.threads or "shared")
        runner.begin(device)

    def shutting_down(**_: Any) -> None:
        runner.stop()

    def shutdown(**_: Any) -> None:
        runner.stop()
        if runner.is_alive():
            runner.join(GOODBYE_SECONDS)

    worker_init.connect(start, weak=False)
    worker_shutting_down.connect(shutting_down, weak=False)
    worker_shutdown.connect(shutdown, weak=False)
    worker = build_app(settings, runner).Worker(
        hostname=f"{settings.name}@hacktune",
        pool="threads",
        concurrency=1,
        queues=[WORKER_QUEUE],
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        optimization="fair",
    )
    worker.start()
    return int(worker.exitcode or 0)
