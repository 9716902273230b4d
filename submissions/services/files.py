"""Single-object signed URLs, 15 minutes: how a node gets inputs and hands in outputs.

Inputs come from the S3 store itself where there is one; outputs always pass through the site, which checks attempt,
size and sha256 before a file is anywhere (docs/decisions/0005).
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.core import signing
from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.errors import NotFound, TooLarge, Unprocessable
from hackathon.files.storage import chunks_of, sha256_of, storage
from hackathon.models import BaseModel, ChallengeData
from submissions.enums import JobState
from submissions.models import Job
from training_worker.contract.wire import OUTPUTS, FileRef, JobFiles, OutputSlot

from .transitions import StaleAttempt

_SALT = "hacktune.files"
_ALIASES = frozenset({"datasets", "models"})


def _address(alias: str, key: str) -> str:
    """Where a node reads that file: at the store itself where files are in one, else here."""
    direct = storage(alias).signed_url(key, seconds=settings.SIGNED_URL_SECONDS)
    return direct or _sign(get=alias, key=key)


def _sign(**payload: Any) -> str:
    """A path at whichever address of this site the node uses."""
    return reverse("worker_api:file", args=[signing.dumps(payload, salt=_SALT)])


def read_signature(token: str, *, seconds_ago: float = 0.0) -> dict[str, Any]:
    """What was signed and valid so long ago. Raises `NotFound` for a forged or expired token."""
    try:
        max_age = timedelta(seconds=settings.SIGNED_URL_SECONDS + seconds_ago)
        payload: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=max_age)
    except signing.BadSignature:
        raise NotFound from None
    return payload


def job_files(job: Job) -> JobFiles:
    """Fresh URLs for everything that this attempt of `job` may read and write."""
    model = job.base_model.model_manifest
    prefix = model_prefix(job.base_model)
    files = tuple(file.model_copy(update={"url": _address("models", f"{prefix}/{file.name}")}) for file in model.files)
    return JobFiles(
        data=tuple(_data_file(job.data, entry) for entry in job.data.files),
        model=model.model_copy(update={"files": files}),
        outputs=tuple(
            OutputSlot(name=name, max_bytes=size, url=_sign(put=name, job=str(job.pk), attempt=job.attempt))
            for name, size in OUTPUTS.items()
        ),
    )


def _data_file(data: ChallengeData, entry: dict[str, Any]) -> FileRef:
    return FileRef(**entry, url=_address("datasets", f"{data.prefix}/{entry['name']}"))


def model_prefix(model: BaseModel) -> str:
    """Folder of a base model in the `models` storage: its content address."""
    return model.sha256


def open_input(payload: dict[str, Any]) -> File[bytes]:
    """The file a signed GET names. Only datasets and models are ever signed: labels cannot be."""
    if payload.get("get") not in _ALIASES:
        raise NotFound
    store = storage(payload["get"])
    if not store.exists(payload["key"]):
        raise NotFound
    opened: File[bytes] = store.open(payload["key"], "rb")
    return opened


def output_key(job: Job, name: str, sha256: str) -> str:
    """Key of an uploaded file: per attempt and content, so a doubled upload is the same object."""
    return f"attempts/{job.attempt_folder}/{sha256}-{name}"


def store_output(payload: dict[str, Any], body: IO[bytes], *, sha256: str) -> None:
    """Keep an uploaded file of the current attempt. Raises `StaleAttempt`, `TooLarge`, `Unprocessable`."""
    name = str(payload.get("put"))
    limit = OUTPUTS.get(name)
    if limit is None:  # signed for reading
        raise NotFound
    job = Job.objects.filter(pk=str(payload["job"])).first()
    if job is None:
        raise NotFound
    if job.state != JobState.RUNNING or job.attempt != payload.get("attempt"):
        raise StaleAttempt
    with tempfile.TemporaryFile() as spool:
        size = 0
        for chunk in chunks_of(body):
            size += len(chunk)
            if size > limit:
                raise TooLarge(_("%(name)s may have at most %(limit)d bytes.") % {"name": name, "limit": limit})
            spool.write(chunk)
        spool.seek(0)
        found, _size = sha256_of(spool)
        if found != sha256:
            raise Unprocessable(_("The sha256 of the body is not the one announced."), code="sha256_mismatch")
        spool.seek(0)
        store, key = storage("artifacts"), output_key(job, name, sha256)
        if not store.exists(key):
            store.save(key, File(spool))
