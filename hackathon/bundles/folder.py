"""Reading the files of a folder that somebody else filled: only regular files of expected names and bearable size."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterable, Mapping
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from .problems import Problems

MAX_FILES = 100
MEGABYTE = 2**20
LITTER = frozenset((".DS_Store", "__MACOSX", "Thumbs.db", "desktop.ini"))
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def list_folder(
    folder: Path, problems: Problems, *, limit: int, folders: Container[str] = (), place: str = ""
) -> list[str] | None:
    """Names of the regular files in `folder`, sorted; links, folders but those of `folders`, and devices are problems.
    What operating systems leave there is passed over.

    None, and one problem, where the folder cannot be read or holds too much to be looked at. Problems are each entry's
    own, or all those of `place`.
    """
    name = place or folder.name
    try:
        with os.scandir(folder) as entries:
            found = list(islice((entry for entry in entries if not _is_litter(entry.name)), limit + 1))
    except OSError as error:
        problems.add(name or str(folder), 0, _("The folder cannot be read: %(why)s.") % {"why": error.strerror})
        return None
    if len(found) > limit:
        problems.add(name, 0, _("There are more than %(limit)d files.") % {"limit": limit})
        return None
    names = []
    for entry in sorted(found, key=lambda entry: entry.name):
        if message := _entry_problem(entry, folders):
            about = (place, f"{shown(entry.name)}: {message}") if place else (shown(entry.name), message)
            problems.add(about[0], 0, about[1])
        else:
            names.append(entry.name)
    return names


def _is_litter(name: str) -> bool:
    """What macOS and Windows leave in folders and archives."""
    return name in LITTER or name.startswith("._")


def _entry_problem(entry: os.DirEntry[str], folders: Container[str]) -> str:
    kind = stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
    if kind == stat.S_IFLNK:
        return _("Links are not accepted.")
    if kind == stat.S_IFREG or (kind == stat.S_IFDIR and entry.name in folders):
        return ""
    return _("Only plain files are accepted here.")


def shown(name: str) -> str:
    """A file name as it may be printed: without control characters, at most 100 characters."""
    return "".join(char if char.isprintable() else "?" for char in name)[:100]


def check_names(names: Iterable[str], *, required: Iterable[str], optional: Iterable[str], problems: Problems) -> None:
    """Every name must be one that is known; every required one must be there."""
    present = set(names)
    known = set(required) | set(optional)
    for name in sorted(present - known):
        problems.add(shown(name), 0, _("This file does not belong here."))
    for name in sorted(set(required) - present):
        problems.add(name, 0, _("This file is missing."))


def read_files(folder: Path, limits: Mapping[str, int], names: Iterable[str], problems: Problems) -> dict[str, bytes]:
    """The bytes of those of `names` that have a limit (largest size in bytes), each read at most up to it."""
    bodies = {}
    for name in names:
        if name in limits and (body := _read(folder / name, limits[name], problems)) is not None:
            bodies[name] = body
    return bodies


def open_regular(path: Path) -> int:
    """A file descriptor of the regular file at `path`; a link or anything else raises OSError."""
    fd = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(f"{path.name} is not a plain file")
    return fd


def _read(path: Path, limit: int, problems: Problems) -> bytes | None:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            body = file.read(limit + 1)
    except OSError:
        problems.add(path.name, 0, _("The file cannot be read."))
        return None
    if len(body) > limit:
        problems.add(path.name, 0, _("The file is larger than %(limit)d KiB.") % {"limit": limit // 1024})
        return None
    if not body:
        problems.add(path.name, 0, _("The file is empty."))
        return None
    return body
