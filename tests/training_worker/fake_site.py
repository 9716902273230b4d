"""A real HTTP server that speaks the worker protocol, its state in memory: what the worker's tests run against."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from training_worker.contract.wire import (
    OUTPUTS,
    Claim,
    ClaimRequest,
    EnrolAnswer,
    EnrolRequest,
    JobFailure,
    JobRelease,
    JobResult,
    JobSpec,
    Progress,
    ProgressAnswer,
)

ENROL_TOKEN = "one-time"


@dataclass
class FakeJob:
    """One job and all that a worker posted for it. `answer` scripts the next progress answers."""

    spec: JobSpec
    token: str
    claim_number: int = 0
    progress: list[Progress] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    results: list[JobResult] = field(default_factory=list)
    failures: list[JobFailure] = field(default_factory=list)
    releases: list[JobRelease] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)
    action: str = "continue"
    stale: bool = False
    renewed: int = 0

    @property
    def ended(self) -> bool:
        return bool(self.results or self.failures or self.releases)

    @property
    def lines(self) -> str:
        return "\n".join(line.text for post in self.progress for line in post.lines)

    @property
    def steps(self) -> int:
        return max((post.step for post in self.progress), default=0)


class FakeSite:
    """`with FakeSite() as site:`, then `site.enqueue(spec)` and `site.wait(...)`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.waiting: list[FakeJob] = []
        self.jobs: dict[str, FakeJob] = {}
        self.claims: list[ClaimRequest] = []
        self.enrolled = 0
        self.worker_token = ""
        self.lost_answers = 0
        """So many of the next answers are lost on their way."""
        self.down = False
        self.stale_claims = 0
        """So many of the next claims are told that the node has made a later one."""
        self.expired_urls = 0
        self.requests: list[tuple[str, str, str]] = []
        """(method, path, Authorization) of every request."""
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeSite:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(self, path: Path, name: str = "") -> dict[str, Any]:
        """Serve a file; returns its FileRef as a dict."""
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        self.files[f"/files/{sha256}"] = data
        return {"name": name or path.name, "sha256": sha256, "size": len(data), "url": f"{self.url}/files/{sha256}"}

    def enqueue(self, spec: dict[str, Any]) -> FakeJob:
        job_id = spec["job_id"]
        slots = [{"name": n, "url": f"{self.url}/put/{job_id}/{n}", "max_bytes": size} for n, size in OUTPUTS.items()]
        spec = spec | {"files": spec["files"] | {"outputs": slots}}
        job = FakeJob(JobSpec.model_validate_json(json.dumps(spec)), token=f"attempt-{job_id}-{spec['attempt']}")
        with self.lock:
            self.jobs[job_id] = job
            self.waiting.append(job)
        return job

    def wait(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s; requests: {self.requests[-20:]}"
            time.sleep(0.02)

    # --- protocol --------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, token: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        if self.down:
            return 503, b"{}"
        if method == "GET":
            if self.expired_urls > 0:
                self.expired_urls -= 1
                return 403, b"expired"
            return (200, self.files[path]) if path in self.files else (404, b"")
        if method == "PUT":
            return self._put(path, headers, body)
        if path == "/api/worker/enrol/":
            return self._enrol(body)
        if path == "/api/worker/claim/":
            return self._claim(token, body)
        job = self.jobs[path.split("/")[4]]
        if token != job.token:
            return 401, b"{}"
        if job.stale:
            return 409, b'{"code": "stale_attempt"}'
        return self._post(job, path.split("/")[5], body)

    def _enrol(self, body: bytes) -> tuple[int, bytes]:
        request = EnrolRequest.model_validate_json(body)
        if request.token != ENROL_TOKEN or self.worker_token not in ("", request.worker_token):
            return 403, b'{"code": "bad_token"}'
        self.enrolled += 1
        self.worker_token = request.worker_token
        return 200, EnrolAnswer(node_id="n1").model_dump_json().encode()

    def _claim(self, token: str, body: bytes) -> tuple[int, bytes]:
        if token != self.worker_token:
            return 401, b"{}"
        request = ClaimRequest.model_validate_json(body)
        if self.stale_claims > 0:
            self.stale_claims -= 1
            return 409, b'{"code": "stale_claim"}'
        with self.lock:
            self.claims.append(request)
            again = [job for job in self.jobs.values() if job.claim_number == request.number]
            if not again and not (self.waiting and request.node.kinds):
                return 204, b""
            job = again[0] if again else self.waiting.pop(0)
            job.claim_number = request.number
        return 200, Claim(spec=job.spec, attempt_token=job.token, lease_seconds=40.0).model_dump_json().encode()

    def _post(self, job: FakeJob, call: str, body: bytes) -> tuple[int, bytes]:
        if call == "progress":
            job.seen_at.append(time.monotonic())
            post = Progress.model_validate_json(body)
            if not job.progress or post.seq > job.progress[-1].seq:
                job.progress.append(post)
            return 200, ProgressAnswer(action=job.action).model_dump_json().encode()  # type: ignore[arg-type]
        if call == "urls":
            job.renewed += 1
            return 200, job.spec.files.model_dump_json().encode()
        if call == "result":
            job.results.append(JobResult.model_validate_json(body))
        elif call == "failure":
            job.failures.append(JobFailure.model_validate_json(body))
        else:
            job.releases.append(JobRelease.model_validate_json(body))
        return 200, b"{}"

    def _put(self, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        _, _, job_id, name = path.split("/")
        if hashlib.sha256(body).hexdigest() != headers["X-Content-Sha256"]:
            return 422, b"{}"
        self.jobs[job_id].uploads[name] = body
        return 201, b""


def _handler(site: FakeSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authorization = self.headers.get("Authorization", "")
            site.requests.append((self.command, self.path, authorization))
            status, data = site.answer(
                self.command, self.path, authorization.removeprefix("Bearer "), self.headers, body
            )
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if status != 204:
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler
