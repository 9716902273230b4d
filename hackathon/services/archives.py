"""Tars of checked files: one at a time in memory, and always the same bytes for the same files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from hackathon.bundles.media import MediaFiles
from hackathon.errors import Conflict


def write_archive(path: Path, files: MediaFiles) -> None:
    """An uncompressed tar with a member for each name, sorted. Raises `Conflict` where a file has changed."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, file in sorted(files.items()):
            body = file.read()
            if body is None:
                raise Conflict(_("%(name)s changed while it was copied.") % {"name": file.path.name})
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))


def read_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each member of a tar that `write_archive` made."""
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                yield member.name, file.read()
