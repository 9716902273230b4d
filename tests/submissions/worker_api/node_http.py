"""Plays a GPU node over HTTP, honestly: enrol, claim, fetch, progress, upload, result. Its tokens are the real ones."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client

from hackathon.accounts.tokens import new_token
from submissions.models import Job
from submissions.services.nodes import create_enrolment_token
from tests.factories import node_report
from tests.submissions.play import job_result, predictions, work
from training_worker.contract.wire import PREDICTIONS, Claim, JobKind, OutputRef


def call(path: str, body: Any, token: str = "") -> HttpResponse:
    """POST `body` (JSON, or bytes as they are) to the worker API."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = body if isinstance(body, bytes) else json.dumps(body)
    return Client().post(f"/api/worker/{path}", content, content_type="application/json", headers=headers)


def path_of(url: str) -> str:
    return urlsplit(url).path


@dataclass
class Attempt:
    """A claimed job."""

    claim: Claim

    @property
    def token(self) -> str:
        return self.claim.attempt_token

    @property
    def job_id(self) -> str:
        return self.claim.spec.job_id

    def post(self, what: str, body: Any, token: str = "") -> HttpResponse:
        return call(f"jobs/{self.job_id}/{what}/", body, token or self.token)

    def progress(self, seq: int = 1, **changes: Any) -> HttpResponse:
        return self.post("progress", {"seq": seq, "stage": "train"} | changes)

    def url_of(self, name: str) -> str:
        return next(path_of(slot.url) for slot in self.claim.spec.files.outputs if slot.name == name)

    def put(self, name: str, body: bytes, *, sha256: str = "", url: str = "") -> HttpResponse:
        announced = sha256 or hashlib.sha256(body).hexdigest()
        return Client().put(
            url or self.url_of(name), body, "application/octet-stream", headers={"X-Content-Sha256": announced}
        )

    def upload(self, name: str, body: bytes) -> OutputRef:
        assert self.put(name, body).status_code == 201
        return OutputRef(name=name, sha256=hashlib.sha256(body).hexdigest(), size=len(body))

    def result(self, *others: OutputRef, items: int = 100) -> dict[str, Any]:
        """The body of a valid result, whose predictions have been uploaded."""
        work(Job.objects.get(pk=self.job_id))
        ref = self.upload(PREDICTIONS, predictions([f"item-{i}" for i in range(items)]))
        return job_result(ref, *others).model_dump(mode="json")


def enrol(name: str = "node-1") -> str:
    """Join over HTTP and return the worker token."""
    token = new_token("htw")
    answer = call("enrol/", {"token": create_enrolment_token(), "name": name, "worker_token": token})
    assert answer.status_code == 200
    return token


_numbers = itertools.count(1)


def claim_body(number: int | None = None, **report: Any) -> dict[str, Any]:
    """A new claim, with a higher number than all before, or the one of that number."""
    return {
        "number": next(_numbers) if number is None else number,
        "node": node_report(**report).model_dump(mode="json"),
    }


def claim(token: str, **report: Any) -> Attempt | None:
    answer = call("claim/", claim_body(**report), token)
    if answer.status_code == 204:
        return None
    assert answer.status_code == 200, answer.content
    return Attempt(Claim.model_validate_json(answer.content))


def claim_run(token: str) -> Attempt:
    """The next job that is a team's run: nodes that do no base scores leave those in the queue."""
    attempt = claim(token, kinds=(JobKind.RUN,))
    assert attempt is not None
    return attempt


def job_of(attempt: Attempt) -> Job:
    return Job.objects.get(pk=attempt.job_id)
