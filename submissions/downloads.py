"""A run's files, as a team may fetch them: by page and by API alike."""

from __future__ import annotations

import structlog
from django.http import FileResponse
from django.utils.translation import gettext as _

from hackathon.errors import NotFound, Unavailable
from hackathon.files.storage import storage

from .models import Submission
from .selectors import files_of, first_job

logger = structlog.get_logger(__name__)


def file_response(submission: Submission, name: str) -> FileResponse:
    """Raises `NotFound` where the run has no such file or the storage has lost it, `Unavailable` while it is away."""
    artifact = next((file for file in files_of(first_job(submission)) if file.name == name), None)
    if artifact is None:
        raise NotFound
    try:
        opened = storage("artifacts").open(artifact.key, "rb")
    except FileNotFoundError:
        raise NotFound from None
    except OSError as error:
        logger.error("file_unreadable", submission=str(submission.pk), error=str(error))
        raise Unavailable(_("This file cannot be read at the moment."), hint=_("Try again in a minute.")) from error
    filename = f"{submission.number}-{artifact.name}"
    return FileResponse(opened, as_attachment=True, filename=filename, content_type="application/octet-stream")
