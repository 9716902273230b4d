"""`/healthz` and `/readyz`: what a supervisor or load balancer asks. They tell nothing that is worth hiding."""

from __future__ import annotations

from concurrent.futures import Future, wait

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hackathon.files.storage import storage

from .questions import Question

logger = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.7
"""For all answers together: /readyz answers within a second, whatever hangs."""
KEPT_SECONDS = 5.0


def _ask_database() -> bool:
    """Whether every migration of this code is applied; asked once, after that only whether the database answers."""
    global _is_migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return _is_migrated
    finally:
        connection.close()  # of this thread


_is_migrated = False


def _ask_cache() -> bool:
    cache.get("readyz")
    return True


def _ask_broker() -> bool:
    with current_app.connection_for_write() as broker:
        broker.connect()
    return True


def _ask_files() -> bool:
    return storage("models").is_reachable()


database = Question(_ask_database, lambda is_migrated: 0.0)
QUESTIONS = {
    "cache": Question(_ask_cache, lambda is_reachable: KEPT_SECONDS),
    "broker": Question(_ask_broker, lambda is_reachable: KEPT_SECONDS),
    "files": Question(_ask_files, lambda is_reachable: KEPT_SECONDS),
}


def forget() -> None:
    """Ask everything anew."""
    global _is_migrated
    _is_migrated = False
    for question in (database, *QUESTIONS.values()):
        question.forget()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all; asks nothing of anybody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served, else 503.

    What only part of the site needs is told as "degraded": without the broker jobs start a little later, without files
    jobs wait, without the cache nobody logs in. To take the site away then would cost the nodes their leases.
    """
    asked = {"database": database.put()} | {name: question.put() for name, question in QUESTIONS.items()}
    wait(asked.values(), timeout=PATIENCE_SECONDS)
    is_migrated = _answer("database", asked.pop("database"))
    body = {
        "database": "unreachable" if is_migrated is None else "ok",
        "migrations": {None: "unknown", False: "pending", True: "applied"}[is_migrated],
    } | {name: "reachable" if _answer(name, future) else "unreachable" for name, future in asked.items()}
    healthy = "degraded" if "unreachable" in body.values() else "ready"
    return JsonResponse({"status": healthy if is_migrated else "not ready"} | body, status=200 if is_migrated else 503)


def _answer(name: str, future: Future[bool]) -> bool | None:
    """None where there is no answer yet, or an error."""
    if not future.done():
        logger.warning(f"{name}_unreachable", error="no answer in time")
        return None
    if (error := future.exception()) is not None:
        logger.warning(f"{name}_unreachable", error=type(error).__name__)
        return None
    return future.result()
