"""Files in a bucket of an S3-compatible store. Imported only by a site that has one: boto3 costs some 50 MB."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name
from urllib3.exceptions import HTTPError

from .storage import CHUNK, PrivateStorage

# Path addresses and no checksum trailers: what every S3-compatible store understands.
_CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=3,
    read_timeout=15,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_ONCE = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})

_resources: dict[tuple[object, ...], Any] = {}
_lock = threading.Lock()


class PrivateBucket(PrivateStorage, S3Storage):  # type: ignore[misc]
    """The files of one alias, under its prefix (`location`) of a bucket that nobody may read without a signature."""

    def __init__(self, *, public_endpoint: str = "", **options: Any) -> None:
        super().__init__(
            client_config=_CONFIG,
            transfer_config=TransferConfig(use_threads=False),
            file_overwrite=False,
            default_acl=None,
            gzip=False,
            **options,
        )
        self._public_endpoint = public_endpoint or self.endpoint_url

    @property
    def connection(self) -> Any:
        """One for all threads and aliases of a process with the same key: each would cost 10 MB."""
        return self._resource(self.endpoint_url)

    def _resource(self, endpoint: str, config: Config = _CONFIG) -> Any:
        about = (endpoint, self.region_name, self.access_key, self.secret_key, config)
        with _lock:
            if about not in _resources:
                session = boto3.Session(self.access_key, self.secret_key, region_name=self.region_name)
                _resources[about] = session.resource("s3", endpoint_url=endpoint, config=config)
            return _resources[about]

    def _key(self, name: str) -> str:
        key: str = self._normalize_name(clean_name(name))
        return key

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("Objects are read as bytes and written by save().")
        with _as_os_errors(name):
            return File(io.BufferedReader(_Object(self.bucket.Object(self._key(name))), CHUNK), name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        """An object is there whole or not at all: whatever reading `content` raises ends the upload."""
        with _as_os_errors(name):
            saved: str = super()._save(name, content)
        return saved

    def exists(self, name: str) -> bool:
        with _as_os_errors(name):
            found: bool = super().exists(name)
        return found

    def size(self, name: str) -> int:
        with _as_os_errors(name):
            found: int = super().size(name)
        return found

    def delete(self, name: str) -> None:
        with _as_os_errors(name):
            super().delete(name)

    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        start = len(self.location.strip("/")) + 1
        for found in self.bucket.objects.filter(Prefix=self._key(prefix) + "/"):
            yield found.key[start:], found.last_modified

    def signed_url(self, name: str, *, seconds: int) -> str | None:
        client = self._resource(self._public_endpoint).meta.client
        params = {"Bucket": self.bucket_name, "Key": self._key(name)}
        url: str = client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
        return url

    def is_reachable(self) -> bool:
        """Whether the store answers within 3 s and lets our key at the bucket."""
        try:
            self._resource(self.endpoint_url, _CONFIG.merge(_ONCE)).meta.client.head_bucket(Bucket=self.bucket_name)
        except (BotoCoreError, ClientError):
            return False
        return True

    def free_bytes(self) -> int | None:
        return None


@contextmanager
def _as_os_errors(name: str) -> Iterator[None]:
    """What the store says, in a storage's own words: `FileNotFoundError`, or `OSError` for all that may pass."""
    try:
        yield
    except (BotoCoreError, ClientError, HTTPError) as error:
        if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(f"There is no {name}.") from None
        raise OSError(f"The store does not answer: {error}") from error


class _Object(io.RawIOBase):
    """Reads one object through as few GETs as its reader's seeks allow; nothing is kept on disk or in memory.

    It stays the same object from the first byte to the last (`IfMatch`). Raises `OSError` when the store breaks off.
    """

    def __init__(self, found: Any) -> None:
        super().__init__()
        found.load()
        self._object, self._etag, self._size = found, found.e_tag, found.content_length
        self._body: Any = None
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset != self._position:
            self._position = max(0, start + offset)
            self._drop_body()
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size:
            return 0
        try:
            if self._body is None:
                asked = self._object.get(Range=f"bytes={self._position}-", IfMatch=self._etag)
                self._body = asked["Body"]
            data: bytes = self._body.read(len(buffer))
        except (BotoCoreError, ClientError, HTTPError) as error:
            raise OSError(f"The store broke off: {type(error).__name__}.") from error
        if not data:
            raise OSError("The store gave less than the whole object.")
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._drop_body()
        super().close()

    def _drop_body(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
