"""Files of train and validation for people: whole sets to download, and the images and sounds that their rows name."""

from __future__ import annotations

from pathlib import PurePath

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from hackathon.bundles.values import is_file_name
from hackathon.clock import db_now
from hackathon.errors import NotFound
from hackathon.models import ChallengeData
from hackathon.visibility import Viewer, data_open_to, data_visible_to
from hackathon.web.caching import FROZEN
from hackathon.web.stored_files import stored_response
from training_worker.contract.tasks.spec import FILE_KINDS

from .rows import find_rows
from .tab import downloads_of

MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
}
FILE_TYPES = {".jsonl": "application/jsonl", ".tar": "application/x-tar"}


@require_safe
def data_file(request: HttpRequest, slug: str, version: int, name: str) -> FileResponse:
    """An image or sound that a train or validation row of the data version names."""
    data = _file_owner(request.user, slug, version, name)
    kind = MEDIA_TYPES[PurePath(name).suffix.lower()]
    response = stored_response(request, "datasets", data.shown_file_key(name), content_type=kind)
    response["Cache-Control"] = FROZEN
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file_owner(viewer: Viewer, slug: str, version: int, name: str) -> ChallengeData:
    """Raises `NotFound`. Where the viewer may not browse the data, reports still show files of validation."""
    if not any(is_file_name(kind, name) for kind in FILE_KINDS):
        raise NotFound
    asked, now = {"challenge__slug": slug, "version": version}, db_now()
    if data := data_open_to(viewer, now=now).filter(**asked).first():
        return data
    data = data_visible_to(viewer, now=now).filter(**asked).select_related("challenge").first()
    if data is None or not _is_of_validation(data, name):
        raise NotFound
    return data


def _is_of_validation(data: ChallengeData, name: str) -> bool:
    columns = [column.name for column in data.challenge.task_spec.file_columns]
    rows = find_rows(data, "validation", search=name)
    return any(row.get(column) == name for row in rows for column in columns)


def download_response(request: HttpRequest, viewer: Viewer, *, slug: str, version: int, name: str) -> FileResponse:
    """A whole file of train or validation, or the part that `Range` asks for, to be saved.

    Raises `NotFound` where the viewer may not browse the data or there is no such file, and as `stored_response`.
    """
    data = data_open_to(viewer, now=db_now()).filter(challenge__slug=slug, version=version).first()
    if data is None or all(file["name"] != name for file in downloads_of(data)):
        raise NotFound
    kind = FILE_TYPES[PurePath(name).suffix]
    return stored_response(
        request, "datasets", f"{data.prefix}/{name}", content_type=kind, attached_as=f"{slug}-{version}-{name}"
    )
