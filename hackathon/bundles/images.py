"""The images of a bundle, in its folder `files/`: each named by a row, small enough, and really an image."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN, VALIDATION

from .folder import MEGABYTE, list_folder, open_regular, shown
from .problems import Problems
from .rows import Row

FILES = "files"
MAX_IMAGES = 50_000
MAX_BYTES = 8 * MEGABYTE
MAX_TOTAL = 1024 * MEGABYTE
MAX_PIXELS = 25_000_000
Place = tuple[str, int]
"""A data file and a line of it."""


@dataclass(frozen=True)
class ImageFile:
    """An image that was decoded without error."""

    path: Path
    sha256: str

    def read(self) -> bytes | None:
        """Its bytes; None where they are no longer those that were checked."""
        try:
            body = _read(self.path)
        except OSError:
            return None
        return body if hashlib.sha256(body).hexdigest() == self.sha256 else None


Images = dict[str, ImageFile]
"""By the name that rows use."""


def list_images(folder: Path, problems: Problems) -> list[str] | None:
    """Names of the files in `folder`, whatever they are; None where it cannot be read."""
    return list_folder(folder, problems, limit=MAX_IMAGES, place=FILES)


def read_images(folder: Path | None, task: TaskSpec, rows: dict[str, list[Row]], problems: Problems) -> Images:
    """The images in `folder`, None where the bundle has none. No problem repeats the name of a test row's image."""
    if not task.file_columns:
        if folder is not None:
            problems.add(FILES, 0, _("This task has no column with files."))
        return {}
    if folder is None:
        problems.add(FILES, 0, _("This folder is missing."))
        return {}
    present = list_images(folder, problems)
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
    """Where each present file is named first. A file belongs to one split, so that no page shows a test image."""
    used: dict[str, Place] = {}
    for file in (TRAIN, VALIDATION, TEST):
        for row in rows[file]:
            for name in (row.values[column.name] for column in task.file_columns if column.name in row.values):
                if name not in present:
                    problems.add(file, row.line, _("There is no file of this name in files/."))
                elif used.setdefault(name, (file, row.line))[0] != file:
                    message = _("The file belongs to another split: %(first)s.")
                    problems.add(file, row.line, message % {"first": "{}:{}".format(*used[name])})
    return used


def _decoded(folder: Path, used: dict[str, Place], problems: Problems) -> Iterator[tuple[str, ImageFile]]:
    for name, (file, line) in sorted(used.items()):
        try:
            body = _read(folder / name)
        except OSError:
            problems.add(file, line, _("The file cannot be read."))
            continue
        if message := image_problem(name, body):
            problems.add(file, line, message)
        else:
            yield name, ImageFile(folder / name, hashlib.sha256(body).hexdigest())


def _read(path: Path) -> bytes:
    """At most one byte more than an image may have. Raises `OSError`, for links too."""
    with os.fdopen(open_regular(path), "rb") as file:
        return file.read(MAX_BYTES + 1)


def image_problem(name: str, body: bytes) -> str:
    """What is wrong with an image; "" where nothing is. Its size is looked at before a pixel is decoded."""
    if len(body) > MAX_BYTES:
        return _("The image is larger than %(limit)d MiB.") % {"limit": MAX_BYTES // MEGABYTE}
    kind = "PNG" if name.lower().endswith(".png") else "JPEG"
    too_large = _("The image has more than %(limit)d megapixels.") % {"limit": MAX_PIXELS // 1_000_000}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own, about metadata and sizes
            with Image.open(io.BytesIO(body), formats=(kind,)) as image:
                if image.width * image.height > MAX_PIXELS:
                    return too_large
                image.verify()  # checksums; the image cannot be used afterwards
            with Image.open(io.BytesIO(body), formats=(kind,)) as image:
                image.load()
    except Image.DecompressionBombError:
        return too_large
    except Exception:  # broken bytes make Pillow raise SyntaxError, struct.error, zlib.error, IndexError and others
        return _("The image cannot be decoded as %(kind)s.") % {"kind": kind}
    return ""
