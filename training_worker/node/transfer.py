"""The files of one attempt: inputs in, outputs out, by signed URLs that are renewed when they have expired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from ..contract.wire import FileRef, JobFiles, OutputRef, OutputSlot
from .client import AttemptClient, SiteError, SiteUnavailable, sha256_file
from .settings import MEGABYTE

T = TypeVar("T")
PATIENCE_SECONDS = 900.0
"""How long a finished run waits for an unavailable site before it is given up."""
REFUSED = (413, 422)
"""Answers to an upload that a fresh URL would not change: too large, other bytes than announced."""

log = structlog.get_logger()


class OutputTooLarge(Exception):
    """An output is larger than the site takes."""


class Transfer:
    """`tick` is called for every chunk and in every pause: it keeps the lease, and ends the transfer by raising."""

    def __init__(self, attempt: AttemptClient, files: JobFiles, tick: Callable[[], None]) -> None:
        self._attempt = attempt
        self._site = attempt.site
        self._files = files
        self._tick = tick

    def persist(self, call: Callable[[], T]) -> T:
        """Repeat an idempotent call while the site is unavailable, for up to 15 minutes."""
        return self._site.persist(call, patience=PATIENCE_SECONDS, tick=self._tick)

    def fetch(self, ref: FileRef, target: Path) -> None:
        """Download one input to `target`. Raises `IntegrityError`, `SiteError`, `OSError`."""
        log.info("download", file=ref.name, megabytes=round(ref.size / MEGABYTE, 1))

        def download() -> None:
            try:
                self._site.download(ref, target, self._tick)
            except SiteUnavailable:
                raise
            except SiteError:
                self._files = self._attempt.renew_urls()
                self._site.download(self._renewed(ref), target, self._tick)

        self.persist(download)

    def offers(self, name: str) -> bool:
        """Does the site take this output?"""
        return any(slot.name == name for slot in self._files.outputs)

    def upload(self, source: Path) -> OutputRef:
        """Upload one output under its file name. Raises `OutputTooLarge`, `SiteError`."""
        ref = OutputRef(name=source.name, sha256=sha256_file(source), size=source.stat().st_size)
        if ref.size > self._slot(ref.name).max_bytes:
            raise OutputTooLarge(f"{ref.name} has {ref.size} bytes, more than the site takes.")

        def put() -> None:
            try:
                self._site.upload(source, ref, self._slot(ref.name).url, self._tick)
            except SiteUnavailable:
                raise
            except SiteError as error:
                if error.status in REFUSED:
                    raise
                self._files = self._attempt.renew_urls()
                self._site.upload(source, ref, self._slot(ref.name).url, self._tick)

        self.persist(put)
        return ref

    def _renewed(self, ref: FileRef) -> FileRef:
        known = [*self._files.data, *self._files.model.files]
        return next((new for new in known if (new.sha256, new.name) == (ref.sha256, ref.name)), ref)

    def _slot(self, name: str) -> OutputSlot:
        return next(slot for slot in self._files.outputs if slot.name == name)
