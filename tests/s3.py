"""An S3 store for tests: moto behind a gate of ours, over real HTTP.

moto believes every request. The gate checks signatures (AWS SigV4, in headers and in addresses), their age, and that
the key may use the bucket; it can also be told to fail.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "us-east-1"


@dataclass(frozen=True)
class Bucket:
    name: str
    access_key: str
    secret_key: str


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    authorization: str


@dataclass
class S3Server:
    """`with S3Server.running() as s3:`, then `s3.make_bucket()`. `fault` is a status for every request, `cut` ends
    answers after so many bytes, `is_open` asks for no signature."""

    url: str = ""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    """By access key."""
    seen: list[Seen] = field(default_factory=list)
    fault: int = 0
    cut: int = 0
    is_open: bool = False
    _moto: Any = field(default_factory=lambda: DomainDispatcherApplication(create_backend_app))

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[S3Server]:
        server = cls()
        http = make_server("127.0.0.1", 0, server._answer, threaded=True, request_handler=_Quiet)
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
            http.server_close()

    def make_bucket(self) -> Bucket:
        """An empty bucket and the only key that opens it."""
        bucket = Bucket(f"bucket-{uuid4().hex[:12]}", f"AK{uuid4().hex[:18].upper()}", uuid4().hex)
        self.buckets[bucket.access_key] = bucket
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=bucket.access_key,
            aws_secret_access_key=bucket.secret_key,
        )
        client.create_bucket(Bucket=bucket.name)
        return bucket

    def options(self, bucket: Bucket, location: str) -> dict[str, Any]:
        """OPTIONS of a `PrivateBucket` in STORAGES."""
        return {
            "endpoint_url": self.url,
            "region_name": REGION,
            "bucket_name": bucket.name,
            "access_key": bucket.access_key,
            "secret_key": bucket.secret_key,
            "location": location,
        }

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["RAW_URI"].partition("?")[0]
        self.seen.append(Seen(environ["REQUEST_METHOD"], path, environ.get("HTTP_AUTHORIZATION", "")))
        status = self.fault or (0 if self.is_open or self._may(environ, path) else 403)
        if status:
            start(f"{status} Refused", [("Content-Type", "application/xml"), ("Content-Length", "0")])
            return [b""]
        if self.is_open:  # moto itself refuses only whom it sees to be nobody
            key = next(key for key, bucket in self.buckets.items() if bucket.name == path.split("/")[1])
            scope = f"{key}/20260101/{REGION}/s3/aws4_request"
            environ.setdefault("HTTP_AUTHORIZATION", f"AWS4-HMAC-SHA256 Credential={scope}")
        answer: Iterable[bytes] = self._moto(environ, start)
        return [b"".join(answer)[: self.cut]] if self.cut else answer

    def _may(self, environ: WSGIEnvironment, path: str) -> bool:
        query = [part.partition("=")[::2] for part in environ.get("QUERY_STRING", "").split("&") if part]
        signed = _from_query(dict(query)) or _from_headers(environ)
        bucket = self.buckets.get(signed.get("Credential", "").partition("/")[0])
        if bucket is None or path.split("/")[1] != bucket.name:
            return False
        made = datetime.strptime(signed["Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if datetime.now(UTC) > made + timedelta(seconds=int(signed["Expires"])):
            return False
        return hmac.compare_digest(signed["Signature"], _signature(environ, path, query, signed, bucket.secret_key))


class _Quiet(WSGIRequestHandler):
    def log(self, *args: object) -> None: ...


def _from_query(query: dict[str, str]) -> dict[str, str]:
    signed = {name.removeprefix("X-Amz-"): value for name, value in query.items() if name.startswith("X-Amz-")}
    if "Signature" not in signed:
        return {}
    return signed | {"Credential": signed["Credential"].replace("%2F", "/"), "Payload": "UNSIGNED-PAYLOAD"}


def _from_headers(environ: WSGIEnvironment) -> dict[str, str]:
    scheme, _, rest = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        return {}
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    times = {"Date": environ["HTTP_X_AMZ_DATE"], "Expires": "900"}
    return parts | times | {"Payload": environ["HTTP_X_AMZ_CONTENT_SHA256"]}


def _signature(environ: WSGIEnvironment, path: str, query: list[Any], signed: dict[str, str], secret_key: str) -> str:
    names = signed["SignedHeaders"].replace("%3B", ";")
    canonical = [
        environ["REQUEST_METHOD"],
        path,
        "&".join(sorted(f"{name}={value}" for name, value in query if name != "X-Amz-Signature")),
        *(f"{name}:{_header(environ, name)}" for name in names.split(";")),
        "",
        names,
        signed["Payload"],
    ]
    _, *scope = signed["Credential"].split("/")
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    message = "\n".join(["AWS4-HMAC-SHA256", signed["Date"], "/".join(scope), digest])
    key = f"AWS4{secret_key}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def _header(environ: WSGIEnvironment, name: str) -> str:
    plain = name.upper().replace("-", "_")
    value: str = environ.get(f"HTTP_{plain}") or environ.get(plain, "")
    return " ".join(value.split())
