"""A run's files, as a team may fetch them: by page and by API alike."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, StreamingHttpResponse

from hackathon.errors import NotFound
from hackathon.web.stored_files import stored_response
from hackathon.web.zip_download import Member, zip_response
from training_worker.contract.wire import MODEL_FILES

from .models import Submission
from .selectors import files_of, first_job


def file_response(request: HttpRequest, submission: Submission, name: str) -> FileResponse:
    """Raises `NotFound` where the run has no such file or the storage has lost it, `Unavailable` while it is away."""
    artifact = next((file for file in files_of(first_job(submission)) if file.name == name), None)
    if artifact is None:
        raise NotFound
    return stored_response(
        request,
        "artifacts",
        artifact.key,
        content_type="application/octet-stream",
        attached_as=f"{submission.number}-{artifact.name}",
    )


def model_response(submission: Submission) -> StreamingHttpResponse:
    """The run's model folder as one zip. Raises `NotFound` where the run has left none, or its weights are removed."""
    job = first_job(submission)
    files = [file for file in files_of(job) if file.name in MODEL_FILES and job.weights_removed_at is None]
    folder = f"{submission.phase.challenge.slug}-{submission.number}"
    return zip_response(folder, [Member(file.name, "artifacts", file.key) for file in files])
