"""Stored files as answers to a browser."""

from __future__ import annotations

import structlog
from django.core.files import File
from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _

from hackathon.errors import NotFound, Unavailable
from hackathon.files.storage import storage

from .ranges import etag_of, file_in_parts

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


def stored_response(
    request: HttpRequest, alias: str, key: str, *, content_type: str, attached_as: str = ""
) -> FileResponse:
    """That file, or the part that `Range` asks for; to be saved under a name where there is one.

    Raises as `open_stored`, and `RangeNotSatisfiable`.
    """
    opened, etag = open_stored(alias, key), etag_of(alias, key)
    return file_in_parts(request, opened, etag=etag, content_type=content_type, attached_as=attached_as)
