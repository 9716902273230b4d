"""Single-object signed URLs, 15 minutes: how a node gets inputs and hands in outputs.

Inputs come from the S3 store itself where there is one; outputs always pass through the site, which checks attempt,
size and sha256 before a file is anywhere (docs/decisions/0005).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

import structlog
from django.conf import settings
from django.core import signing
from django.core.files import File
from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.errors import NotFound, TooLarge, Unavailable, Unprocessable
from hackathon.files.storage import CHUNK, sha256_of, storage
from hackathon.models import BaseModel, ChallengeData
from submissions.enums import JobState
from submissions.models import Job
from training_worker.contract.wire import OUTPUTS, FileRef, JobFiles, OutputSlot

from .transitions import StaleAttempt

logger = structlog.get_logger(__name__)

_SALT = "hacktune.files"
_ALIASES = frozenset({"datasets", "models"})


def files_path() -> str:
    """The path before all signatures, at whichever address of this site the node uses."""
    return reverse("worker_api:file", args=["x"]).removesuffix("x")


class _Signer:
    """Signs the files of one answer."""

    def __init__(self) -> None:
        self._path = files_path()

    def address(self, alias: str, key: str) -> str:
        """Where a node reads that file: at the store itself where files are in one, else here."""
        direct = storage(alias).signed_url(key, seconds=settings.SIGNED_URL_SECONDS)
        return direct or self.sign(get=alias, key=key)

    def sign(self, **payload: Any) -> str:
        return self._path + signing.dumps(payload, salt=_SALT)


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
    signer, model, prefix = _Signer(), job.base_model.model_manifest, model_prefix(job.base_model)
    addresses = (signer.address("models", f"{prefix}/{file.name}") for file in model.files)
    files = tuple(file.model_copy(update={"url": url}) for file, url in zip(model.files, addresses, strict=True))
    return JobFiles(
        data=tuple(_data_file(job.data, entry, signer) for entry in job.data.files),
        model=model.model_copy(update={"files": files, "family": job.base_model.family}),
        outputs=tuple(
            OutputSlot(name=name, max_bytes=size, url=signer.sign(put=name, job=str(job.pk), attempt=job.attempt))
            for name, size in OUTPUTS.items()
        ),
    )


def _data_file(data: ChallengeData, entry: dict[str, Any], signer: _Signer) -> FileRef:
    return FileRef(**entry, url=signer.address("datasets", f"{data.prefix}/{entry['name']}"))


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
    """Stream an uploaded file of the current attempt into the store, where it is whole or not at all.

    Raises `StaleAttempt`, `TooLarge`, `Unprocessable`; `Unavailable` where the store cannot take it now.
    """
    name = str(payload.get("put"))
    limit = OUTPUTS.get(name)
    if limit is None:  # signed for reading
        raise NotFound
    job = Job.objects.filter(pk=str(payload["job"])).first()
    if job is None:
        raise NotFound
    if job.state != JobState.RUNNING or job.attempt != payload.get("attempt"):
        raise StaleAttempt
    key = output_key(job, name, sha256)
    with store_is_needed():
        if _is_stored(key, sha256):
            return
        content = io.BufferedReader(_Announced(body, name=name, limit=limit, sha256=sha256), CHUNK)
        saved = storage("artifacts").save(key, File(content))
        if saved != key:  # the same upload, twice at once
            storage("artifacts").delete(saved)


def _is_stored(key: str, sha256: str) -> bool:
    """Is the file there, byte for byte? One that is not the announced one is removed."""
    store = storage("artifacts")
    if not store.exists(key):
        return False
    with store.open(key, "rb") as file:
        found, _size = sha256_of(file)
    if found != sha256:
        store.delete(key)
    return found == sha256


def stored_size(key: str) -> int | None:
    """Bytes of an uploaded file, None where there is none. Raises `Unavailable`."""
    with store_is_needed():
        try:
            return int(storage("artifacts").size(key))
        except FileNotFoundError:
            return None


@contextmanager
def store_is_needed() -> Iterator[None]:
    """A full disk or a store that is away is `Unavailable`: ours, and the same call may succeed later."""
    try:
        yield
    except OSError as error:
        logger.error("store_failed", error=f"{type(error).__name__}: {error}"[:300])
        message = _("Files cannot be stored at this moment.")
        raise Unavailable(message, hint=_("Try again in a minute."), code="store_unavailable") from error


class _Announced(io.RawIOBase):
    """A body on its way into the store. Its end raises where it is not what was announced, so nothing is stored."""

    def __init__(self, body: IO[bytes], *, name: str, limit: int, sha256: str) -> None:
        super().__init__()
        self._body, self._name, self._limit, self._sha256 = body, name, limit, sha256
        self._digest, self._size = hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._body.read(len(buffer))
        if not chunk and self._digest.hexdigest() != self._sha256:
            raise Unprocessable(_("The sha256 of the body is not the one announced."), code="sha256_mismatch")
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLarge(_("%(name)s may have at most %(limit)d bytes.") % {"name": self._name, "limit": self._limit})
        self._digest.update(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)
