"""Hard limits on a training child: memory, wall clock, and the node's own shutdown."""

from __future__ import annotations

import threading
import time

import psutil

from ..contract.limits import Budget
from ..contract.sentences import HARD_WALL, HINTS, MEMORY_CAP, SHARED_NODE, SHARED_NODE_HINT
from ..contract.wire import FailureCode, JobFailure
from .host import waited_seconds
from .settings import MEGABYTE
from .template import Child

TICK_SECONDS = 0.1
SHARED = 0.1
"""Of its wall time a run must have waited so much for a processor for that to be said and not charged."""


class Watchdog(threading.Thread):
    """Kills the child when it breaks a limit or the node stops, however long the runner's thread waits for the site.

    `verdict` then holds the failure to report (None when the node is only stopping).
    """

    def __init__(self, child: Child, budget: Budget, stopping: threading.Event) -> None:
        super().__init__(name="watchdog", daemon=True)
        self.verdict: JobFailure | None = None
        self._child = child
        self._budget = budget
        self._stopping = stopping
        self._done = threading.Event()
        self.started = time.monotonic()

    def run(self) -> None:
        try:
            process = psutil.Process(self._child.process.pid)
            while not self._done.wait(TICK_SECONDS):
                self.verdict = self._judge(process.memory_info().rss / MEGABYTE)
                if self.verdict is not None or self._stopping.is_set():
                    self._child.process.kill()
                    return
        except psutil.Error:
            return

    def seconds(self) -> float:
        """Wall time of the child's work so far."""
        return time.monotonic() - self.started

    def stop(self) -> None:
        self._done.set()
        self.join(5)

    def _judge(self, megabytes: float) -> JobFailure | None:
        budget = self._budget
        if megabytes > budget.max_memory_mb:
            used, cap = f"{megabytes:,.0f}", f"{budget.max_memory_mb:,}"
            return self._failure(FailureCode.CONFIG_OOM, MEMORY_CAP(used=used, cap=cap))
        if self.seconds() > budget.hard_wall_seconds:
            return self._too_long()
        return None

    def _too_long(self) -> JobFailure:
        limit = f"{self._budget.hard_wall_seconds:g}"
        failure = self._failure(FailureCode.TIME_LIMIT, HARD_WALL(seconds=limit))
        waited = min(waited_seconds(self._child.process.pid), failure.compute_seconds)
        if waited < SHARED * failure.compute_seconds:
            return failure
        message = SHARED_NODE(seconds=limit, waited=f"{waited:.0f}")
        charged = failure.compute_seconds - waited
        return failure.model_copy(update={"message": message, "hint": SHARED_NODE_HINT, "compute_seconds": charged})

    def _failure(self, code: FailureCode, message: str) -> JobFailure:
        return JobFailure(code=code, message=message, hint=HINTS[code], compute_seconds=self.seconds())
