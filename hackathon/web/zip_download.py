"""Several stored files as one zip, written while it is sent: no more than a chunk of it is ever in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import StreamingHttpResponse

from hackathon.errors import NotFound
from hackathon.files.storage import chunks_of, storage

from .stored_files import open_stored

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip knows: equal files give an equal archive."""


@dataclass(frozen=True)
class Member:
    """A file of the archive: its name there, and where it is stored."""

    name: str
    alias: str
    key: str


class _Outgoing(io.RawIOBase):
    """Takes what `zipfile` writes until it is taken away."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def zip_response(folder: str, members: Sequence[Member]) -> StreamingHttpResponse:
    """`<folder>.zip`, the members in a folder of that name. Raises `NotFound` where there are none, or one is lost."""
    if not members or not all(storage(member.alias).exists(member.key) for member in members):
        raise NotFound
    response = StreamingHttpResponse(zip_chunks(folder, members), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{folder}.zip"'
    return response


def zip_chunks(folder: str, members: Sequence[Member]) -> Iterator[bytes]:
    """The archive's bytes. Nothing is compressed: weights hardly get smaller."""
    outgoing = _Outgoing()
    with zipfile.ZipFile(outgoing, "w") as archive:
        for member in members:
            entry = zipfile.ZipInfo(f"{folder}/{member.name}", EPOCH)
            with open_stored(member.alias, member.key) as source, archive.open(entry, "w", force_zip64=True) as target:
                for chunk in chunks_of(source):
                    target.write(chunk)
                    yield outgoing.take()
    yield outgoing.take()
