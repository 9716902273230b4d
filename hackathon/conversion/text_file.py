"""A text file of somebody else as text: what Windows, macOS and spreadsheets write is taken as it is meant."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from hackathon.bundles.folder import MEGABYTE
from hackathon.bundles.plain_text import plain_text
from hackathon.bundles.problems import Problems

MAX_BYTES = 512 * MEGABYTE


def read_body(path: Path, problems: Problems) -> bytes | None:
    """UTF-8 without a byte order mark, its lines ended by line feeds; None, and a problem, where it is no text."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.add(path.name, 0, _("The file cannot be read: %(why)s.") % {"why": error.strerror})
        return None
    if len(body) > MAX_BYTES:
        problems.add(path.name, 0, _("The file is larger than %(limit)d KiB.") % {"limit": MAX_BYTES // 1024})
        return None
    return plain_text(path.name, body, problems)


def read_text(path: Path, problems: Problems) -> str | None:
    """As `read_body`, decoded; the line of a wrong byte is the problem's."""
    body = read_body(path, problems)
    if body is None:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        problems.add(path.name, line, _("This line is not valid UTF-8 text: save the file as UTF-8."))
        return None
