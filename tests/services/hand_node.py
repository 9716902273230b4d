"""A node of a running stack that is played by hand: it claims, reports, uploads and hands in, and trains nothing."""

from __future__ import annotations

import hashlib
import itertools
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from hackathon.accounts.tokens import new_token
from tests.factories import node_report
from tests.stack import Answer, Stack
from tests.submissions.play import job_result, predictions
from training_worker.contract.wire import PREDICTIONS, Claim, JobKind, OutputRef

ITEMS = predictions([f"item-{i}" for i in range(100)])
"""Valid predictions for the test items of `tests.factories.make_world`."""


@dataclass
class HandNode:
    """Joins on construction. Every call is one request, and may raise `OSError` where the site is away."""

    stack: Stack
    name: str
    enrolment_token: str
    token: str = field(default_factory=lambda: new_token("htw"))
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        body = {"token": self.enrolment_token, "name": self.name, "worker_token": self.token}
        assert self.stack.request("POST", "/api/worker/enrol/", body=body).status == 200

    def ask(self, number: int | None = None) -> Answer:
        """The answer to a claim of a run."""
        report = node_report(kinds=(JobKind.RUN, JobKind.BASE_SCORE)).model_dump(mode="json")
        body = {"number": number or next(self.numbers), "node": report}
        return self.stack.request("POST", "/api/worker/claim/", token=f"Bearer {self.token}", body=body)

    def claim(self) -> HandAttempt | None:
        answer = self.ask()
        assert answer.status in {200, 204}, answer
        return HandAttempt.of(self.stack, answer) if answer.body else None


@dataclass
class HandAttempt:
    """One attempt at a job."""

    stack: Stack
    claim: Claim
    seqs: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, stack: Stack, answer: Answer) -> HandAttempt:
        return cls(stack, Claim.model_validate_json(json.dumps(answer.body)))

    def post(self, what: str, body: dict[str, Any]) -> Answer:
        path = f"/api/worker/jobs/{self.claim.spec.job_id}/{what}/"
        return self.stack.request("POST", path, token=f"Bearer {self.claim.attempt_token}", body=body)

    def progress(self) -> Answer:
        return self.post("progress", {"seq": next(self.seqs), "stage": "train"})

    def lose(self) -> Answer:
        return self.post("release", {"reason": "The training process died with exit code -9.", "lost": True})

    def upload(self) -> int:
        """The status of the predictions' upload."""
        headers = {"X-Content-Sha256": hashlib.sha256(ITEMS).hexdigest(), "Content-Type": "application/octet-stream"}
        request = urllib.request.Request(self.upload_url, data=ITEMS, method="PUT", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    @property
    def upload_url(self) -> str:
        slot = next(slot for slot in self.claim.spec.files.outputs if slot.name == PREDICTIONS)
        return urljoin(self.stack.url, slot.url)

    @property
    def half_an_upload(self) -> bytes:
        """The first half of the request that `upload` makes."""
        head = (
            f"PUT {urlsplit(self.upload_url).path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(ITEMS)}\r\n"
            f"X-Content-Sha256: {hashlib.sha256(ITEMS).hexdigest()}\r\n\r\n"
        )
        return head.encode() + ITEMS[: len(ITEMS) // 2]

    def finish(self) -> Answer:
        assert self.upload() == 201
        ref = OutputRef(name=PREDICTIONS, sha256=hashlib.sha256(ITEMS).hexdigest(), size=len(ITEMS))
        return self.post("result", job_result(ref).model_dump(mode="json"))
