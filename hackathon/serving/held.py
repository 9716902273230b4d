"""Threads of a web process that are held by requests which only wait: never all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .programs import SITE_THREADS

STOPPING = threading.Event()
"""Set when this web process is to end: who waits, waits on this, so that it ends at once."""

_places = threading.BoundedSemaphore(SITE_THREADS // 2)


@contextmanager
def held_thread() -> Iterator[bool]:
    """True where this thread may wait; False, at once, where half of the people's threads already do."""
    has_place = _places.acquire(blocking=False)
    try:
        yield has_place
    finally:
        if has_place:
            _places.release()
