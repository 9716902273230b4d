"""`/healthz` and `/readyz`: what a supervisor or load balancer asks. They tell nothing that is worth hiding."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hackathon.files.storage import storage

logger = structlog.get_logger(__name__)

ANSWER_SECONDS = 5.0


class Remembered:
    """An answer that costs something, asked at most once in so many seconds by this process."""

    def __init__(self, ask: Callable[[], bool], seconds: Callable[[bool], float]) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._answer, self._until = False, 0.0

    def __call__(self) -> bool:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + self._seconds(self._answer)
            return self._answer

    def forget(self) -> None:
        self._answer, self._until = False, 0.0


def _ask_migrations() -> bool:
    """Whether every migration of this code is applied. Raises `DatabaseError` where the database does not answer."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _ask_broker() -> bool:
    try:
        with current_app.connection_for_write() as broker:
            broker.connect()
    except Exception as error:  # of whichever transport; the broker is only a doorbell
        logger.warning("broker_unreachable", error=type(error).__name__)
        return False
    return True


def _ask_store() -> bool:
    if storage("models").is_reachable():
        return True
    logger.error("store_unreachable")
    return False


migrations_applied = Remembered(_ask_migrations, lambda is_applied: float("inf") if is_applied else 0.0)
broker_reachable = Remembered(_ask_broker, lambda is_reachable: ANSWER_SECONDS)
store_reachable = Remembered(_ask_store, lambda is_reachable: ANSWER_SECONDS)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all; asks nothing of anybody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served, else 503.

    A broker that is away only makes jobs start a little later; while files are away jobs wait, and pages go on.
    """
    database, migrations = _database_state()
    is_ready = database == "ok" and migrations == "applied"
    body = {"status": "ready" if is_ready else "not ready", "database": database, "migrations": migrations}
    helpers = {"broker": broker_reachable, "files": store_reachable}
    told = {name: "reachable" if ask() else "unreachable" for name, ask in helpers.items()}
    return JsonResponse(body | told, status=200 if is_ready else 503)


def _database_state() -> tuple[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok", "applied" if migrations_applied() else "pending"
    except DatabaseError as error:
        logger.error("database_unreachable", error=type(error).__name__)
        return "unreachable", "unknown"
