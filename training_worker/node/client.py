"""Typed calls to the site's worker API and streamed files by signed URL.

urllib3, not requests: requests replaces our Authorization header by what it finds in `~/.netrc`.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin

import structlog
import urllib3
from pydantic import BaseModel
from urllib3.util import Timeout

from ..contract import sentences
from ..contract.wire import (
    Claim,
    ClaimRequest,
    EnrolAnswer,
    EnrolRequest,
    FileRef,
    JobFailure,
    JobFiles,
    JobRelease,
    JobResult,
    OutputRef,
    Progress,
    ProgressAnswer,
)

T = TypeVar("T")
CHUNK = 2**18
log = structlog.get_logger()


class SiteError(Exception):
    """The site gave an answer we cannot use (4xx but 409) or none that parses."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text[:300]}")
        self.status = status


class SiteUnavailable(SiteError):
    """No answer, 5xx or 429: the same call may be tried again."""


class StaleAttempt(Exception):
    """409: this attempt is not the job's current one, this claim not the node's; nothing it does counts any more."""


@dataclass(frozen=True)
class Nothing:
    """The site has no job for this node. `ask_again`: seconds until there may be one, None where none is known."""

    ask_again: float | None


class IntegrityError(Exception):
    """Downloaded bytes are not the ones that were promised."""


class SiteClient:
    """One site. Thread-safe as far as urllib3's pool is."""

    def __init__(self, site_url: str, *, stopping: threading.Event | None = None) -> None:
        self._site = site_url
        self._api = f"{site_url}/api/worker/"
        self._stopping = stopping or threading.Event()
        self._pool = urllib3.PoolManager(
            timeout=Timeout(connect=2, read=10), retries=False, headers={"User-Agent": "hacktune-worker"}
        )

    def enrol(self, request: EnrolRequest, *, patience: float) -> EnrolAnswer:
        """Use the one-time token. Idempotent by the whole request."""
        return self.persist(
            lambda: EnrolAnswer.model_validate_json(self._post("enrol/", "", request).data), patience=patience
        )

    def claim(self, worker_token: str, request: ClaimRequest) -> Claim | Nothing:
        """The next job. Idempotent by `number`. Raises `StaleAttempt` where the node has made a later claim."""
        answer = self._post("claim/", worker_token, request)
        if answer.status == 200:
            return Claim.model_validate_json(answer.data)
        seconds = answer.headers.get("Retry-After", "")
        return Nothing(float(seconds) if seconds.isdecimal() else None)

    def attempt(self, claim: Claim) -> AttemptClient:
        return AttemptClient(self, claim)

    def _post(self, path: str, token: str, body: BaseModel | None) -> urllib3.BaseHTTPResponse:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = body.model_dump_json().encode() if body is not None else b"{}"
        return self._send("POST", self._api + path, headers=headers, body=data)

    def _send(
        self, method: str, url: str, *, headers: dict[str, str], body: bytes | Iterator[bytes]
    ) -> urllib3.BaseHTTPResponse:
        try:
            answer = self._pool.request(method, url, headers=headers, body=body, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SiteUnavailable(0, f"{type(error).__name__}: {error}") from error
        _raise_for(answer.status, answer.data)
        return answer

    def persist(self, call: Callable[[], T], *, patience: float, tick: Callable[[], None] | None = None) -> T:
        """Repeat an idempotent call with growing pauses (0.2 … 5 s, jittered) while the site is unavailable.

        `tick` is called during the pauses. Gives up after `patience` seconds, or at once when the node is stopping:
        raises the last `SiteUnavailable`.
        """
        end, pause = time.monotonic() + patience, 0.2
        while True:
            try:
                return call()
            except SiteUnavailable as error:
                if time.monotonic() + pause > end or self._stopping.is_set():
                    raise
                log.warning("site_unavailable", error=str(error), retry_in=round(pause, 1))
            self._pause(pause * random.uniform(0.7, 1.3), tick)
            pause = min(5.0, 2 * pause)

    def _pause(self, seconds: float, tick: Callable[[], None] | None) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stopping.wait(min(left, 0.5)):
            if tick is not None:
                tick()

    def download(self, ref: FileRef, target: Path, tick: Callable[[], None]) -> None:
        """Stream one input into `target` and check its size and sha256; `tick` is called for every chunk.

        No token goes along: the address carries its own signature, for the site or for its store.

        Raises `IntegrityError`, `SiteUnavailable`, `SiteError`.
        """
        digest, size = hashlib.sha256(), 0
        try:
            answer = self._pool.request("GET", urljoin(self._site + "/", ref.url), preload_content=False)
            if answer.status != 200:
                answer.close()
                raise _refused_download(answer.status, ref.name)
            with target.open("wb") as file:
                for chunk in answer.stream(CHUNK):
                    size += len(chunk)
                    if size > ref.size:
                        raise IntegrityError(sentences.TOO_LONG(name=ref.name, size=ref.size))
                    digest.update(chunk)
                    file.write(chunk)
                    tick()
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise SiteUnavailable(0, f"{type(error).__name__}: {error}") from error
        if size != ref.size or digest.hexdigest() != ref.sha256:
            found, announced = digest.hexdigest()[:12], ref.sha256[:12]
            raise IntegrityError(sentences.WRONG_SHA256(name=ref.name, found=found, announced=announced))

    def upload(self, source: Path, ref: OutputRef, url: str, tick: Callable[[], None]) -> None:
        """PUT one output, streamed. Raises as `_post` does; repeating it is harmless."""

        def chunks() -> Iterator[bytes]:
            with source.open("rb") as file:
                while chunk := file.read(CHUNK):
                    tick()
                    yield chunk

        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(ref.size),
            "X-Content-Sha256": ref.sha256,
        }
        self._send("PUT", urljoin(self._site + "/", url), headers=headers, body=chunks())


class AttemptClient:
    """The calls of one attempt, with its token. Every one may raise `StaleAttempt`."""

    def __init__(self, site: SiteClient, claim: Claim) -> None:
        self.site = site
        self._token = claim.attempt_token
        self._path = f"jobs/{claim.spec.job_id}/"

    def progress(self, progress: Progress) -> ProgressAnswer:
        return ProgressAnswer.model_validate_json(self._post("progress/", progress))

    def renew_urls(self) -> JobFiles:
        return JobFiles.model_validate_json(self._post("urls/", None))

    def result(self, result: JobResult) -> None:
        self._post("result/", result)

    def failure(self, failure: JobFailure) -> None:
        self._post("failure/", failure)

    def release(self, release: JobRelease) -> None:
        self._post("release/", release)

    def _post(self, path: str, body: BaseModel | None) -> bytes:
        return self.site._post(self._path + path, self._token, body).data


def _raise_for(status: int, data: bytes) -> None:
    if status < 300:
        return
    text = data.decode("utf-8", "replace")
    if status == 409:
        raise StaleAttempt(_code(text))
    if _is_passing(status):
        raise SiteUnavailable(status, text)
    raise SiteError(status, text)


def _refused_download(status: int, name: str) -> SiteError:
    """A file may come from an S3 store: a 409 of it says nothing of our attempt, and its texts hold keys' names."""
    return SiteUnavailable(status, name) if _is_passing(status) else SiteError(status, name)


def _is_passing(status: int) -> bool:
    return status >= 500 or status in (408, 425, 429)


def _code(text: str) -> str:
    try:
        return str(json.loads(text).get("code", "conflict"))
    except (ValueError, AttributeError):
        return "conflict"


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
