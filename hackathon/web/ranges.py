"""Part of a file (RFC 9110, `Range`): a single range is served, any other request for parts gets the whole."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

from django.core.files import File
from django.http import FileResponse, HttpRequest

from hackathon.errors import RangeNotSatisfiable

_SINGLE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def etag_of(alias: str, key: str) -> str:
    """A validator for a stored file: what is stored under a key never changes."""
    return hashlib.sha256(f"{alias}/{key}".encode()).hexdigest()[:32]


class Part:
    """`length` bytes of an open file from `start` on, as a file of its own; closing it closes the file."""

    def __init__(self, file: Any, start: int, length: int) -> None:
        self._file, self._start, self._length = file, start, length
        self._at = 0
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._length - self._at)
        data: bytes = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence] + offset)
        self._file.seek(self._start + self._at)
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        """Of the file: a server may send files of this machine its own way. Raises `OSError` where it has none."""
        return int(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def file_in_parts(
    request: HttpRequest, opened: File[bytes], *, etag: str, content_type: str, attached_as: str = ""
) -> FileResponse:
    """The file (200), or the part that `Range` asks for (206). Raises `RangeNotSatisfiable`, the file closed."""
    size = opened.size
    try:
        span = _asked_span(request, size, f'"{etag}"')
    except RangeNotSatisfiable:
        opened.close()
        raise
    body: Any = opened if span is None else Part(opened, span[0], span[1] - span[0] + 1)
    response = FileResponse(body, as_attachment=bool(attached_as), filename=attached_as, content_type=content_type)
    if span is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {span[0]}-{span[1]}/{size}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{etag}"'
    return response


def _asked_span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """The first and the last byte that are asked for; None: all of it. Raises `RangeNotSatisfiable`."""
    asked = _SINGLE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or asked is None or asked.groups() == ("", ""):
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if first and last and int(last) < int(first):  # no range at all
        return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return start, end
