"""Attempts that must fail on the worker API, over HTTP: wrong tokens, old attempts, bad bodies."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from hackathon.accounts.tokens import new_token
from hackathon.clock import db_now
from submissions.models import Artifact, EnrolmentToken, Job, JobEvent, Node, Quota
from submissions.services.nodes import create_enrolment_token
from submissions.services.sweep import sweep
from tests.api import bearer, post, submit
from tests.factories import World
from tests.submissions.play import work
from tests.submissions.worker_api.node_http import Attempt, call, claim, claim_body, claim_run, enrol, job_of, path_of
from training_worker.contract.wire import MODEL_CARD, PREDICTIONS, JobKind

pytestmark = pytest.mark.django_db

POSTS: dict[str, dict[str, Any]] = {
    "progress": {"seq": 1, "stage": "train"},
    "urls": {},
    "failure": {"code": "diverged", "message": "m", "hint": "h", "compute_seconds": 1.0},
    "release": {"reason": "bye"},
}


def assert_still_running(attempt: Attempt) -> None:
    job = job_of(attempt)
    assert (job.state, job.attempt, job.progress_seq, job.result) == ("running", 1, 0, None)


def test_an_honest_node_gets_its_job_through(attempt: Attempt) -> None:
    for file in (*attempt.claim.spec.files.data, *attempt.claim.spec.files.model.files):
        response = Client().get(path_of(file.url))
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert attempt.progress(1).json()["action"] == "continue"
    assert attempt.post("result", attempt.result()).status_code == 200
    assert job_of(attempt).state == "scoring"


# --- tokens ------------------------------------------------------------------------------------------------------


def test_a_persons_token_opens_nothing_of_the_workers(world: World, attempt: Attempt) -> None:
    person = world.tokens["organizer"]
    assert call("claim/", claim_body(), person).status_code == 401
    for what, body in POSTS.items():
        assert attempt.post(what, body, person).status_code == 401
    assert_still_running(attempt)


def test_a_workers_tokens_open_nothing_of_the_peoples(world: World, node: str, attempt: Attempt) -> None:
    submission = job_of(attempt).submission_id
    for token in (node, attempt.token):
        for path in ("me/", "submissions/", f"submissions/{submission}/", "hackathons/"):
            assert bearer(token).get(f"/api/{path}").status_code == 401
        body = {"phase": str(world.phase.pk), "config": {}}
        assert bearer(token).post("/api/submissions/", body).status_code == 401


def test_a_worker_token_is_no_attempt_token_and_the_reverse(node: str, attempt: Attempt) -> None:
    assert call("claim/", claim_body(), attempt.token).status_code == 401
    for what, body in POSTS.items():
        assert attempt.post(what, body, node).status_code == 401
        assert call(f"jobs/{attempt.job_id}/{what}/", body).status_code == 401
    assert_still_running(attempt)


def test_an_attempt_token_is_for_its_own_job(world: World, attempt: Attempt) -> None:
    submit(world, "rival")
    other = claim_run(enrol("node-2"))
    for what, body in POSTS.items():
        assert other.post(what, body, attempt.token).status_code == 401
    assert other.post("result", other.result(), attempt.token).status_code == 401
    assert_still_running(other)


@pytest.mark.parametrize("change", ["attempt", "signature", "prefix", "empty"])
def test_an_altered_attempt_token_is_refused(attempt: Attempt, change: str) -> None:
    head, _, signature = attempt.token.partition(".")
    forged = {
        "attempt": f"{head[:-1]}2.{signature}",
        "signature": f"{head}.{signature[::-1]}",
        "prefix": attempt.token.replace("hta_", "htw_"),
        "empty": f"{head}.",
    }[change]
    assert attempt.post("progress", POSTS["progress"], forged).status_code == 401
    assert_still_running(attempt)


def test_a_revoked_node_claims_nothing(world: World, node: str) -> None:
    submit(world)
    Node.objects.update(revoked_at=db_now())
    assert call("claim/", claim_body(), node).status_code == 401
    assert not Job.objects.filter(state="running").exists()


def join(token: str, name: str, worker_token: str = "") -> HttpResponse:
    return call("enrol/", {"token": token, "name": name, "worker_token": worker_token or new_token("htw")})


@pytest.mark.parametrize("token", ["hte_wrong", "", "x" * 200])
def test_an_unknown_enrolment_token_enrols_nobody(db: None, token: str) -> None:
    assert join(token, "node-9").status_code == 403
    assert not Node.objects.exists()


def test_an_enrolment_token_works_once_and_in_time(db: None) -> None:
    token = create_enrolment_token()
    assert join(token, "one").status_code == 200
    assert join(token, "two").status_code == 403
    late = create_enrolment_token()
    EnrolmentToken.objects.filter(used_at__isnull=True).update(expires_at=db_now() - timedelta(seconds=1))
    assert join(late, "three").status_code == 403
    assert [node.name for node in Node.objects.all()] == ["one"]


def test_a_lost_answer_to_an_enrolment_can_be_asked_for_again(db: None) -> None:
    token, worker_token = create_enrolment_token(), new_token("htw")
    first, again = (join(token, "one", worker_token) for _time in range(2))
    assert (again.status_code, again.json()) == (200, first.json())
    assert Node.objects.count() == 1
    assert join(token, "two", worker_token).status_code == 403  # another name
    assert join(token, "one").status_code == 403  # another node's own token


@pytest.mark.parametrize("weak", ["htw_short", "htu_" + "x" * 43, "x" * 47])
def test_a_worker_token_that_is_none_enrols_nobody(db: None, weak: str) -> None:
    assert join(create_enrolment_token(), "one", weak).status_code == 400
    assert not Node.objects.exists()


def test_a_taken_name_leaves_the_enrolment_token_unused(node: str) -> None:
    token = create_enrolment_token()
    assert join(token, "node-1").status_code == 409
    assert join(token, "node-2").status_code == 200


# --- old attempts ------------------------------------------------------------------------------------------------


@pytest.fixture
def stale(attempt: Attempt, node: str) -> Attempt:
    """The first attempt of a job that is in its second now."""
    assert attempt.post("release", {"reason": "shutdown"}).status_code == 200
    again = claim_run(node)
    assert (again.job_id, again.claim.spec.attempt) == (attempt.job_id, 2)
    return attempt


@pytest.mark.parametrize("what", POSTS)
def test_posts_of_an_old_attempt_change_nothing(stale: Attempt, what: str) -> None:
    events = JobEvent.objects.count()
    response = stale.post(what, POSTS[what])
    assert (response.status_code, response.json()["code"]) == (409, "stale_attempt")
    job = job_of(stale)
    assert (job.state, job.attempt, job.progress_seq, JobEvent.objects.count()) == ("running", 2, 0, events)


def test_a_result_and_an_upload_of_an_old_attempt_change_nothing(stale: Attempt) -> None:
    assert stale.put(PREDICTIONS, b"x").status_code == 409
    body = {
        "outputs": [{"name": PREDICTIONS, "sha256": "0" * 64, "size": 1}],
        "validation": {},
        "stopped_by": "epochs",
        "steps": 1,
        "telemetry": {
            "seconds": {},
            "compute_seconds": 1,
            "peak_memory_mb": 1,
            "parameters_total": 1,
            "parameters_trained": 1,
            "device": "cpu",
        },
    }
    response = stale.post("result", body)
    assert (response.status_code, response.json()["code"]) == (409, "stale_attempt")
    assert (job_of(stale).state, Artifact.objects.count()) == ("running", 0)


def test_posts_after_the_lease_has_run_out_and_been_swept_change_nothing(attempt: Attempt) -> None:
    sweep()
    Job.objects.filter(pk=attempt.job_id).update(lease_until=db_now() - timedelta(seconds=1))
    assert sweep() == 1
    assert attempt.progress(1).status_code == 409
    assert (job_of(attempt).state, job_of(attempt).losses) == ("queued", 1)


def test_a_post_after_a_cancel_is_told_to_stop_and_its_result_is_refused(world: World, attempt: Attempt) -> None:
    body = attempt.result()
    post(world, "captain", f"submissions/{job_of(attempt).submission_id}/cancel/")
    assert attempt.progress(1).json()["action"] == "cancel"
    for what, content in {"result": body, "failure": POSTS["failure"], "urls": {}, "release": POSTS["release"]}.items():
        response = attempt.post(what, content)
        assert (response.status_code, response.json()["code"]) == (409, "stale_attempt")
    assert attempt.put(MODEL_CARD, b"x").status_code == 409
    job = job_of(attempt)
    assert (job.state, job.result, Artifact.objects.count()) == ("cancelled", None, 0)


def test_a_doubled_result_has_the_same_answer_and_counts_once(attempt: Attempt) -> None:
    body = attempt.result()
    first, again = attempt.post("result", body), attempt.post("result", body)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert [event.to_state for event in job_of(attempt).events.all()] == ["queued", "running", "scoring"]
    assert Artifact.objects.count() == 1
    other = attempt.post("result", body | {"steps": 11})
    assert (other.status_code, job_of(attempt).result["steps"]) == (409, 10)


def test_a_doubled_progress_post_counts_once(attempt: Attempt) -> None:
    points = [{"step": 1, "name": "train_loss", "value": 0.5}]
    for _ in range(2):
        assert attempt.progress(1, points=points).status_code == 200
    assert job_of(attempt).chunks.count() == 1


def test_a_repeated_claim_gets_the_same_job_and_a_late_one_none(world: World, node: str) -> None:
    submit(world)
    body = claim_body(kinds=(JobKind.RUN,))
    first, again = call("claim/", body, node), call("claim/", body, node)
    assert json.loads(first.content)["attempt_token"] == json.loads(again.content)["attempt_token"]
    job = Job.objects.get(state="running")
    assert job.attempt == 1
    Job.objects.update(state="cancelled")
    assert call("claim/", body, node).status_code == 204
    assert call("claim/", claim_body(), node).status_code == 204
    late = call("claim/", body, node)
    assert (late.status_code, late.json()["code"]) == (409, "stale_claim")


# --- bodies ------------------------------------------------------------------------------------------------------

BAD_PROGRESS: list[dict[str, Any]] = [
    {"seq": 0},
    {"seq": "1"},
    {"stage": "scoring"},
    {"state": "succeeded"},
    {"public_score": 1.0},
    {"points": [{"step": 1, "name": "train_loss", "value": "NaN"}]},
    {"lines": [{"at": "2026-01-01T00:00:00", "id": "x"}]},
    {"lines": [{"at": "2026-01-01T00:00:00Z", "id": "x", "text": "x"}]},
    {"lines": [{"at": "2026-01-01T00:00:00Z", "id": "Not an id"}]},
    {"lines": [{"at": "2026-01-01T00:00:00Z", "id": "x", "values": {"name": "x" * 101}}]},
    {"lines": [{"at": "2026-01-01T00:00:00Z", "id": "x", "values": {"name": ["x"]}}]},
    {"lines": [{"at": "2026-01-01T00:00:00Z", "id": "x", "values": {f"v{n}": n for n in range(21)}}]},
    {"points": [{"step": 1, "name": "l", "value": 1.0}] * 1001},
]


@pytest.mark.parametrize("change", BAD_PROGRESS, ids=range(len(BAD_PROGRESS)))
def test_a_bad_progress_post_is_refused(attempt: Attempt, change: dict[str, Any]) -> None:
    response = attempt.post("progress", POSTS["progress"] | change)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert_still_running(attempt)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"seq": NaN}', b"\xff", b"[" * 50_000])
def test_a_broken_body_is_refused(attempt: Attempt, body: bytes) -> None:
    for what in ("progress", "result", "failure", "release"):
        assert attempt.post(what, body).status_code == 400
    assert_still_running(attempt)


def test_a_json_body_of_more_than_a_megabyte_is_refused(attempt: Attempt) -> None:
    response = attempt.post("progress", b'{"seq": 1, "stage": "' + b"x" * 2**20 + b'"}')
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert_still_running(attempt)


@pytest.mark.parametrize(
    "changes", [{"number": 0}, {"number": 2**53}, {"number": "1"}, {"node": {}}, {"kinds": ["run"]}, {"node": None}]
)
def test_a_bad_claim_is_refused(world: World, node: str, changes: dict[str, Any]) -> None:
    submit(world)
    assert call("claim/", claim_body() | changes, node).status_code == 400
    assert not Job.objects.filter(state="running").exists()


def test_a_node_that_can_run_nothing_gets_nothing_and_is_heard(world: World, node: str) -> None:
    submit(world)
    assert claim(node, kinds=(), last_error="The disk is full.") is None
    assert Node.objects.get().report["last_error"] == "The disk is full."
    assert claim(node) is not None


def test_a_job_that_is_not_there_is_refused_like_a_wrong_token(attempt: Attempt) -> None:
    response = call("jobs/00000000-0000-4000-8000-000000000000/progress/", POSTS["progress"], attempt.token)
    assert response.status_code == 401


def test_an_own_fault_is_charged_and_the_node_takes_the_next_job(world: World, attempt: Attempt, node: str) -> None:
    submit(world, "rival")
    work(job_of(attempt))
    assert attempt.post("failure", POSTS["failure"]).status_code == 200
    assert attempt.post("failure", POSTS["failure"]).status_code == 200
    quota = Quota.objects.get(team=world.team)
    assert (quota.used_total, quota.running, quota.compute_used) == (1, 0, 1.0)
    following = claim(node, kinds=(JobKind.RUN,))
    assert following is not None
    assert following.job_id != attempt.job_id


def test_a_node_cannot_charge_more_than_the_time_its_attempt_took(world: World, attempt: Attempt) -> None:
    work(job_of(attempt), seconds=10.0)
    assert attempt.post("failure", POSTS["failure"] | {"compute_seconds": 86_000.0}).status_code == 200
    assert 10 <= job_of(attempt).compute_seconds < 20
    assert 10 <= Quota.objects.get(team=world.team).compute_used < 20


def test_a_result_claims_no_more_than_the_time_its_attempt_took(attempt: Attempt) -> None:
    body = attempt.result()
    body["telemetry"]["compute_seconds"] = 86_000.0
    assert attempt.post("result", body).status_code == 200
    assert 60 <= job_of(attempt).compute_seconds < 70


def test_a_broken_model_is_the_platforms_fault(world: World, attempt: Attempt) -> None:
    assert attempt.post("failure", POSTS["failure"] | {"code": "model_integrity"}).status_code == 200
    assert Quota.objects.get(team=world.team).used_total == 0
    world.model.refresh_from_db()
    assert not world.model.is_enabled
    assert submit(world, learning_rate=0.5).json()["code"] == "model_not_allowed"
