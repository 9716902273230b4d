"""Stored files as answers to a browser."""

from __future__ import annotations

from pathlib import PurePath

import structlog
from django.core.files import File
from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hackathon.bundles.values import IMAGE_NAME
from hackathon.clock import db_now
from hackathon.errors import NotFound, Unavailable
from hackathon.files.storage import storage
from hackathon.visibility import data_visible_to
from hackathon.web.caching import FROZEN

IMAGE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}

logger = structlog.get_logger(__name__)


def open_stored(alias: str, key: str) -> File[bytes]:
    """Raises `NotFound` where the storage has no such file or has lost it, `Unavailable` while it is away."""
    try:
        opened: File[bytes] = storage(alias).open(key, "rb")
    except FileNotFoundError:
        raise NotFound from None
    except OSError as error:
        logger.error("file_unreadable", storage=alias, key=key, error=str(error))
        raise Unavailable(_("This file cannot be read at the moment."), hint=_("Try again in a minute.")) from error
    return opened


@require_safe
def data_file(request: HttpRequest, slug: str, version: int, name: str) -> FileResponse:
    """An image that a train or validation row of the data version names."""
    data = data_visible_to(request.user, now=db_now()).filter(challenge__slug=slug, version=version).first()
    if data is None or not IMAGE_NAME.fullmatch(name):
        raise NotFound
    kind = IMAGE_TYPES[PurePath(name).suffix.lower()]
    response = FileResponse(open_stored("datasets", data.shown_file_key(name)), content_type=kind)
    response["Cache-Control"] = FROZEN
    response["X-Content-Type-Options"] = "nosniff"
    return response
