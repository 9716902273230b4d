"""Files by alias (`STORAGES` in settings): datasets, labels, models, artifacts. No web server serves them.

Two backends, one contract (`tests/hackathon/test_storage.py` holds both to it): a name that is taken is never
written over, a file is there whole or not at all, `open` streams and can seek, a missing file is `FileNotFoundError`, a
file that cannot be read or written now another `OSError`, and there is no `.path()`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from abc import abstractmethod
from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.storage.base import Storage

CHUNK = 2**20
PART = ".part"
"""Ending of a file that is still being written; one that stays was left by a killed process."""


class PrivateStorage(Storage):
    """What the site asks of a storage beyond Django's own interface."""

    def url(self, name: str | None) -> str:
        raise ValueError("Files of this storage have no address of their own.")

    @abstractmethod
    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """(name, modified at) of every file whose name begins with `prefix` + "/", in any order."""

    @abstractmethod
    def is_reachable(self) -> bool:
        """Whether files can be read at this moment, as far as one cheap question can tell. Never raises."""

    @abstractmethod
    def free_bytes(self) -> int | None:
        """Room that is left; None where the store does not tell."""

    @abstractmethod
    def signed_url(self, name: str, *, seconds: int) -> str | None:
        """An address that reads exactly this file for so long, made without asking anybody.

        None where the storage has no addresses: then the site signs one of its own and streams.
        """


class PrivateFolder(PrivateStorage, FileSystemStorage):
    """A folder whose files only their owner may read."""

    def __init__(self, location: str) -> None:
        super().__init__(
            location=location, base_url=None, file_permissions_mode=0o600, directory_permissions_mode=0o700
        )

    def _save(self, name: str, content: File[bytes]) -> str:
        """Write aside and link: a name leads to a whole file or to none, whoever is killed and however full the disk.

        Whatever reading `content` raises ends the writing and leaves nothing.
        """
        aside = f"{name}.{uuid.uuid4().hex}{PART}"
        try:
            super()._save(aside, content)  # type: ignore[misc]  # the stubs leave it out
            while True:
                try:
                    os.link(self.path(aside), self.path(name))
                    return name
                except FileExistsError:
                    name = self.get_available_name(name)
        finally:
            self.delete(aside)

    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        root = Path(self.location)
        for folder, _folders, names in os.walk(self.path(prefix)):
            for name in names:
                key = (Path(folder) / name).relative_to(root).as_posix()
                yield key, self.get_modified_time(key)

    def is_reachable(self) -> bool:
        return True  # a file system that is away has taken more with it than files

    def free_bytes(self) -> int | None:
        folder = Path(self.location)
        return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free

    def signed_url(self, name: str, *, seconds: int) -> str | None:
        return None


def storage(alias: str) -> PrivateStorage:
    """The storage of that alias. Raises `InvalidStorageError` where this process may not know it: labels on web."""
    return cast(PrivateStorage, storages[alias])


def private_aliases() -> list[str]:
    """Those that this process knows."""
    return [alias for alias in settings.STORAGES if isinstance(storages[alias], PrivateStorage)]


UNUSED_FOR = timedelta(hours=24)
"""A file that no row refers to may belong to work that goes on, for so long."""


def old_files(store: PrivateStorage, prefix: str, now: datetime) -> list[str]:
    """Names of the files under `prefix` that have not changed for `UNUSED_FOR`."""
    return [name for name, modified_at in store.walk(prefix) if now - modified_at > UNUSED_FOR]


def delete_unused(store: PrivateStorage, names: list[str], kept: Container[str] = ()) -> int:
    """Delete those that are not in `kept`, which must have been read after they were listed. Returns their number."""
    unused = [name for name in names if name not in kept]
    for name in unused:
        store.delete(name)
    return len(unused)


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
