"""Hard limits on a training child: memory, wall clock, and the node's own shutdown."""

from __future__ import annotations

import threading
import time

import psutil

from .child import OOM_HINT
from .contract.jobs import FailureCode, JobFailure
from .contract.limits import Budget
from .node import MEGABYTE
from .warm import Child

TICK_SECONDS = 0.1


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
        if megabytes > self._budget.max_memory_mb:
            return JobFailure(
                code=FailureCode.CONFIG_OOM,
                message=f"The training needed {megabytes:,.0f} MB; the cap is {self._budget.max_memory_mb:,} MB.",
                hint=OOM_HINT,
                compute_seconds=self.seconds(),
            )
        if self.seconds() > self._budget.hard_wall_seconds:
            return JobFailure(
                code=FailureCode.TIME_LIMIT,
                message=f"The run was still working after {self._budget.hard_wall_seconds:g} s, its hard limit.",
                hint="Use a smaller max_length or batch, or a cheaper method; training itself stops at the budget, "
                "but loading, validation and prediction must fit too.",
                compute_seconds=self.seconds(),
            )
        return None
