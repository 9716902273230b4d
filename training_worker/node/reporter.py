"""Progress posts of one attempt: buffered, at most one a second, at least every five, each extending the lease."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from ..contract.log_lines import LogLine, LogMessage
from ..contract.wire import PROGRESS_SECONDS, CurvePoint, NodeLoad, Progress, Stage
from ..run.messages import ChildProgress
from .client import AttemptClient, SiteUnavailable

MOST_PER_POST = 1000
log = structlog.get_logger()


class Cancelled(Exception):
    """The site answered "cancel": team or organizer do not want this run any more."""


class Reporter:
    """Not thread-safe: only the runner's thread posts.

    A post whose answer was lost is repeated unchanged under its old `seq`, so the site can drop the double.
    """

    def __init__(
        self, attempt: AttemptClient, *, lease_seconds: float, load: Callable[[], NodeLoad], shortest: float = 1.0
    ) -> None:
        self._attempt = attempt
        self._load = load
        self._longest = min(PROGRESS_SECONDS, lease_seconds / 4)
        self._shortest = min(shortest, self._longest)
        self._last = 0.0
        self._seq = 0
        self._pending: Progress | None = None
        self._news = False
        self._stage, self._step, self._total = Stage.PREPARE, 0, 0
        self._points: list[CurvePoint] = []
        self._lines: list[LogLine] = []

    def add(self, progress: ChildProgress) -> None:
        """Take up what the child said."""
        self._stage, self._step, self._total = progress.stage, progress.step, progress.total_steps
        self._points.extend(progress.points)
        self._lines.extend(progress.lines)
        self._news = True

    def enter(self, stage: Stage, message: LogMessage) -> None:
        """The supervisor's own news: a stage and a line."""
        self._stage, self._news = stage, True
        self._lines.append(LogLine.said(message))

    def tick(self) -> None:
        """Post if it is time. Raises `Cancelled` and `StaleAttempt`; an unreachable site is no reason to stop
        training."""
        waited = time.monotonic() - self._last
        if waited >= self._longest or (self._news and waited >= self._shortest):
            self._post()

    def flush(self) -> None:
        """Post everything that is left, now."""
        while self._news or self._points or self._lines or self._pending:
            if not self._post():
                return

    def _post(self) -> bool:
        progress = self._pending or self._take()
        self._pending, self._last = progress, time.monotonic()
        try:
            answer = self._attempt.progress(progress)
        except SiteUnavailable as error:
            log.warning("progress_not_posted", error=str(error))
            return False
        self._pending = None
        if answer.action == "cancel":
            raise Cancelled
        return True

    def _take(self) -> Progress:
        self._seq += 1
        points, self._points = self._points[:MOST_PER_POST], self._points[MOST_PER_POST:]
        lines, self._lines = self._lines[:MOST_PER_POST], self._lines[MOST_PER_POST:]
        self._news = bool(self._points or self._lines)
        return Progress(
            seq=self._seq,
            stage=self._stage,
            step=self._step,
            total_steps=self._total,
            points=tuple(points),
            lines=tuple(lines),
            load=self._load(),
        )
