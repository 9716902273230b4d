"""The files of a bundle, in its folder `files/`: each named by a row, small enough, and really of its column's kind."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from training_worker.contract.tasks import Column, TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN, VALIDATION, ColumnKind

from . import audio, images
from .folder import MEGABYTE, list_folder, open_regular, shown
from .problems import Problems
from .rows import Row

FILES = "files"
MAX_FILES = 50_000
MAX_TOTAL = 1024 * MEGABYTE
Place = tuple[str, int, ColumnKind]
"""A data file, a line of it, and the kind of the column that names the file."""


@dataclass(frozen=True)
class Medium:
    """What files of one kind must be. `problem` says what is wrong with one, "" for nothing; `seconds` how long one
    without a problem lasts, 0 where it does not last."""

    max_bytes: int
    problem: Callable[[str, bytes], str]
    seconds: Callable[[bytes], float] = lambda body: 0.0


MEDIA: dict[ColumnKind, Medium] = {
    "image": Medium(images.MAX_BYTES, images.image_problem),
    "audio": Medium(audio.MAX_BYTES, audio.audio_problem, audio.seconds_of),
}


@dataclass(frozen=True)
class MediaFile:
    """A file that was decoded without error; `seconds` is how long it lasts, 0 for an image."""

    path: Path
    sha256: str
    size: int
    seconds: float = 0.0

    def read(self) -> bytes | None:
        """Its bytes; None where they are no longer those that were checked."""
        try:
            body = _read(self.path, self.size)
        except OSError:
            return None
        return body if hashlib.sha256(body).hexdigest() == self.sha256 else None


MediaFiles = dict[str, MediaFile]
"""By the name that rows use."""


def list_media(folder: Path, problems: Problems) -> list[str] | None:
    """Names of the files in `folder`, whatever they are; None where it cannot be read."""
    return list_folder(folder, problems, limit=MAX_FILES, place=FILES)


def read_media(folder: Path | None, task: TaskSpec, rows: dict[str, list[Row]], problems: Problems) -> MediaFiles:
    """The files in `folder`, None where the bundle has none. No problem repeats the name of a test row's file."""
    if not task.file_columns:
        if folder is not None:
            problems.add(FILES, 0, _("This task has no column with files."))
        return {}
    if folder is None:
        problems.add(FILES, 0, _("This folder is missing."))
        return {}
    present = list_media(folder, problems)
    if present is None:
        return {}
    used = _check_use(task, set(present), rows, problems)
    for name in present:
        if name not in used:
            problems.add(FILES, 0, _("“%(name)s” is named by no row.") % {"name": shown(name)})
    if sum((folder / name).lstat().st_size for name in present) > MAX_TOTAL:
        problems.add(FILES, 0, _("The files are larger than %(limit)d MiB in all.") % {"limit": MAX_TOTAL // MEGABYTE})
        return {}
    return dict(_decoded(folder, used, problems))


def _check_use(task: TaskSpec, present: set[str], rows: dict[str, list[Row]], problems: Problems) -> dict[str, Place]:
    """Where each present file is named first. A file belongs to one split, so that no page shows a file of the test."""
    used: dict[str, Place] = {}
    for file, row, column in _uses(task, rows):
        name = row.values[column.name]
        if name not in present:
            problems.add(file, row.line, _("There is no file of this name in files/."))
            continue
        first, line, _kind = used.setdefault(name, (file, row.line, column.kind))
        if first != file:
            message = _("The file belongs to another split: %(first)s.")
            problems.add(file, row.line, message % {"first": f"{first}:{line}"})
    return used


def _uses(task: TaskSpec, rows: dict[str, list[Row]]) -> Iterator[tuple[str, Row, Column]]:
    for file in (TRAIN, VALIDATION, TEST):
        for row in rows[file]:
            yield from ((file, row, column) for column in task.file_columns if column.name in row.values)


def _decoded(folder: Path, used: dict[str, Place], problems: Problems) -> Iterator[tuple[str, MediaFile]]:
    for name, (file, line, kind) in sorted(used.items()):
        medium = MEDIA[kind]
        try:
            body = _read(folder / name, medium.max_bytes)
        except OSError:
            problems.add(file, line, _("The file cannot be read."))
            continue
        if message := medium.problem(name, body):
            problems.add(file, line, message)
        else:
            sha256 = hashlib.sha256(body).hexdigest()
            yield name, MediaFile(folder / name, sha256, len(body), medium.seconds(body))


def _read(path: Path, most: int) -> bytes:
    """At most one byte more than `most`. Raises `OSError`, for links too."""
    with os.fdopen(open_regular(path), "rb") as file:
        return file.read(most + 1)
