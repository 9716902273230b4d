"""Files by alias (`STORAGES` in settings): datasets, labels, models, artifacts. No web server serves these folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO

from django.core.files.storage import FileSystemStorage, storages
from django.core.files.storage.base import Storage

CHUNK = 2**20


class PrivateFolder(FileSystemStorage):
    """A folder that has no URL and whose files only their owner may read."""

    def __init__(self, location: str) -> None:
        super().__init__(
            location=location, base_url=None, file_permissions_mode=0o600, directory_permissions_mode=0o700
        )

    def url(self, name: str | None) -> str:
        raise ValueError("Files of this storage have no address of their own.")


def storage(alias: str) -> Storage:
    """The storage of that alias. Raises `InvalidStorageError` where this process may not know it: labels on web."""
    return storages[alias]


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def sha256_of(file: IO[bytes]) -> tuple[str, int]:
    """(sha256 hex, size in bytes) of an open file, read in chunks."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks_of(file):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size
