"""gunicorn's kind of worker for the site: gunicorn keeps the processes, waitress the connections of each.

What only a worker needs is imported when it runs, so that gunicorn's own process stays small.
"""

from __future__ import annotations

import logging
import os
import tempfile
from types import FrameType
from typing import TYPE_CHECKING

from gunicorn.workers.base import Worker

if TYPE_CHECKING:
    from .connections import Site


class WebWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """Serves every socket that gunicorn was told to bind, with `--threads` threads for people."""

    site: Site | None = None

    def run(self) -> None:
        from django.conf import settings
        from django.utils.module_loading import import_string

        from .connections import Site
        from .held import STOPPING

        spool = settings.DATA_DIR / "spool"
        spool.mkdir(mode=0o700, exist_ok=True)
        tempfile.tempdir = str(spool)  # bodies and answers that are large: /tmp may be memory
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        longest_body = import_string(settings.LONGEST_BODY)
        sockets = [bound.sock for bound in self.sockets]
        self.site = Site(self.wsgi, sockets, threads=self.cfg.threads, longest_body=longest_body)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self.site.step(1.0)
        STOPPING.set()
        self.site.stop(self.cfg.graceful_timeout)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self.site is not None:
            self.site.wake()
