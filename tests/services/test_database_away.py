"""PostgreSQL stopped under a running site: everybody is told to ask again; when it is back, all goes on."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hackathon.accounts.tokens import new_token
from tests.factories import node_report
from tests.services.conftest import Event, event_on
from tests.services.crowd import PlayedNode
from tests.stack import eventually

pytestmark = [pytest.mark.services, pytest.mark.fault, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Event]:
    with event_on(tmp_path_factory.mktemp("stack")) as event:
        if not event.postgres.is_ours:
            pytest.skip("DATABASE_URL names a server that is not the tests' to stop")
        yield event


@dataclass(frozen=True)
class Asked:
    status: int
    retry_after: str | None
    kind: str
    text: str


def ask(event: Event, path: str, *, token: str = "", body: object = None, method: str = "") -> Asked:
    headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(event.stack.url + path, data, headers, method=method or None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = answer
            text = answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        found, text = error, error.read().decode(errors="replace")
    return Asked(found.status, found.headers["Retry-After"], found.headers["Content-Type"] or "", text)


def test_everything_answers_503_while_it_is_away_and_goes_on_when_it_is_back(event: Event) -> None:
    node = PlayedNode.joined(event.stack.url, event.enrolment_tokens.pop())
    submission = event.submit().body["id"]
    claim = {"number": 1, "node": node_report().model_dump(mode="json")}
    given = event.stack.request("POST", "/api/worker/claim/", token=f"Bearer {node.worker_token}", body=claim).body
    download = given["spec"]["files"]["outputs"][0]["url"]
    captain = event.tokens["captain"]
    join = {"token": "x", "name": "y", "worker_token": new_token("htw")}
    asked = {
        "a page": {"path": "/"},
        "another": {"path": f"/c/{event.challenge}/"},
        "a form": {"path": "/login/", "body": {}},
        "the people's API": {"path": f"/api/submissions/{submission}/", "token": captain},
        "a poll": {"path": f"/api/submissions/{submission}/?wait=5", "token": captain},
        "a submit": {"path": "/api/submissions/", "token": captain, "body": {}},
        "a claim": {"path": "/api/worker/claim/", "token": f"Bearer {node.worker_token}", "body": claim},
        "an enrolment": {
            "path": "/api/worker/enrol/",
            "body": join,
        },
        "progress": {
            "path": f"/api/worker/jobs/{given['spec']['job_id']}/progress/",
            "token": f"Bearer {given['attempt_token']}",
            "body": {"seq": 1, "stage": "train"},
        },
        "an upload": {"path": download, "body": {}, "method": "PUT"},
    }
    event.postgres.stop()
    try:
        for what, request in asked.items():
            answer = ask(event, **request)  # type: ignore[arg-type]
            if what == "a form" and answer.status == 403:  # CSRF is asked first
                continue
            assert (answer.status, answer.retry_after) == (503, "5"), (what, answer)
            if str(request["path"]).startswith("/api/"):
                assert json.loads(answer.text)["code"] == "unavailable", what
            else:
                assert answer.kind.startswith("text/html"), what
            assert "srv-" not in answer.text, "nothing of where the database is"
        assert ask(event, "/healthz").status == 200
        assert ask(event, "/readyz").status == 503
    finally:
        event.postgres.start()
    eventually("ready again", lambda: ask(event, "/readyz").status == 200 or None, seconds=20)
    assert [ask(event, path).status for path in ("/", f"/c/{event.challenge}/", "/login/")] == [200] * 3
    shown = ask(event, f"/api/submissions/{submission}/", token=captain)
    assert (shown.status, json.loads(shown.text)["id"]) == (200, submission)


def test_a_restart_between_two_requests_is_not_noticed(event: Event) -> None:
    assert ask(event, "/").status == 200
    event.postgres.stop()
    event.postgres.start()
    assert {ask(event, "/").status for _ in range(20)} == {200}
