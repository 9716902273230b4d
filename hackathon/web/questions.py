"""Questions to other machines, which may answer late or never. Who asks waits no longer than it wants to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future


class Question:
    """Asked in a thread of its own, at most one at a time; an answer is kept for `kept_seconds(answer)`."""

    def __init__(self, ask: Callable[[], bool], kept_seconds: Callable[[bool], float]) -> None:
        self._ask, self._kept_seconds = ask, kept_seconds
        self._lock = threading.Lock()
        self._current: Future[bool] | None = None
        self._until = 0.0

    def put(self) -> Future[bool]:
        """The answer that is kept or on its way, else that of a new thread."""
        with self._lock:
            if self._current is None or (self._current.done() and time.monotonic() >= self._until):
                self._current = Future()
                threading.Thread(target=self._run, args=(self._current,), name="question", daemon=True).start()
            return self._current

    def _run(self, future: Future[bool]) -> None:
        try:
            answer = self._ask()
        except BaseException as error:
            self._until = 0.0
            future.set_exception(error)
        else:
            self._until = time.monotonic() + self._kept_seconds(answer)
            future.set_result(answer)

    def forget(self) -> None:
        with self._lock:
            self._current = None
