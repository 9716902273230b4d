"""Putting a data version's files into their storages, before any row speaks of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.base import ContentFile, File

from hackathon.files.storage import storage
from hackathon.models.challenge import SHOWN_FILES

from .archives import read_archive
from .data_files import DataFiles


@contextmanager
def stored(files: DataFiles, prefix: str) -> Iterator[None]:
    """Write the files under `prefix`, a folder of their own, and take them away again if the body raises.

    Large files and a slow store hold no lock of the database this way.
    """
    written: list[tuple[str, str]] = []
    try:
        for alias, key, body in _every_file(files):
            written.append((alias, f"{prefix}/{key}"))
            _save(alias, f"{prefix}/{key}", body)
        yield
    except BaseException:
        for alias, key in written:
            storage(alias).delete(key)
        raise


def _every_file(files: DataFiles) -> Iterator[tuple[str, str, bytes | Path]]:
    """(alias, key, content) of each."""
    for name, body in (files.shared | files.index).items():
        yield "datasets", name, body
    for name, path in files.archives.items():
        yield "datasets", name, path
    for archive in files.shown:
        for name, body in read_archive(archive):
            yield "datasets", f"{SHOWN_FILES}/{name}", body
    for name, body in files.secret.items():
        yield "labels", name, body


def _save(alias: str, key: str, body: bytes | Path) -> None:
    if isinstance(body, bytes):
        storage(alias).save(key, ContentFile(body))
        return
    with body.open("rb") as file:
        storage(alias).save(key, File(file))
