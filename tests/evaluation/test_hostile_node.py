"""A broken or hostile node: whatever it sends to the worker API, the answer is no 500 and every page goes on."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel

from hackathon.accounts.tokens import new_token
from hackathon.clock import db_now
from hackathon.models import User
from submissions.models import Job, Node
from submissions.services.jobs import ensure_base_score
from submissions.services.nodes import create_enrolment_token
from tests.api import config as config_of
from tests.api import get, post, submit
from tests.evaluation.scored import make_result
from tests.extremes import EXTREMES, Path, encoded, paths, replaced
from tests.factories import World, make_world
from tests.pages import browser_of
from tests.submissions.play import job_result, work
from tests.submissions.worker_api.node_http import Attempt, call, claim_body, enrol
from training_worker.contract.measured import MeasuredSpeed
from training_worker.contract.wire import (
    Claim,
    ClaimRequest,
    EnrolRequest,
    JobFailure,
    JobKind,
    JobRelease,
    JobResult,
    Progress,
)

pytestmark = pytest.mark.django_db

METRICS_TOKEN = "metrics-" + "0123456789abcdef" * 2
ANSWERS = {200, 204, 400, 401, 403, 404, 409, 413, 422}
MODELS: dict[str, type[BaseModel]] = {
    "enrol": EnrolRequest,
    "claim": ClaimRequest,
    "progress": Progress,
    "result": JobResult,
    "failure": JobFailure,
    "release": JobRelease,
}
SPEED = MeasuredSpeed(
    train_units_per_second=1000.0,
    frozen_units_per_second=3000.0,
    megabytes_fixed=200.0,
    megabytes_per_thousand_units=50.0,
    frozen_megabytes=100.0,
)
LOAD = {"memory_used_mb": 100, "disk_free_mb": 10_000}
LINE = {"at": "2026-11-22T12:00:00Z", "id": "validated", "values": {"step": 1, "metrics": "f1 0.5", "loss": 0.5}}
HONEST: dict[str, Any] = {
    "claim": claim_body(memory_used_mb=100, cached_models=("0" * 64,), last_error="none"),
    "progress": {
        "seq": 1,
        "stage": "train",
        "step": 2,
        "total_steps": 10,
        "points": [
            {"step": 2, "name": "train_loss", "value": 0.5},
            {"step": 2, "name": "validation_accuracy", "value": 1},
            {"step": 2, "name": "train_steps_per_second", "value": 3.0},
        ],
        "lines": [LINE],
        "load": LOAD,
    },
    "failure": {"code": "diverged", "message": "m", "hint": "h", "compute_seconds": 1.0},
    "release": {"reason": "bye", "lost": True},
}


def honest_result(attempt: Attempt) -> dict[str, Any]:
    """Of a base score: with a speed; and with all that another run may say."""
    body = attempt.result()
    body["speed"] = SPEED.model_dump(mode="json")
    body["collapse"] = {"answer": "positive", "share": 1.0}
    body["telemetry"]["versions"] = {"torch": "2.7.1"}
    return body


# --- the bodies that are played with name every field of the contract -------------------------------------------------


def fields_of(model: type[BaseModel], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Dotted names of a model's fields and those of the models within; "*" for items of a list and keys of a dict."""
    for name, field in model.model_fields.items():
        yield (*at, name)
        yield from _inside(field.annotation, (*at, name))


def _inside(kind: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from fields_of(kind, at)
        return
    origin = typing.get_origin(kind)
    inner = [part for part in typing.get_args(kind) if part is not Ellipsis]
    step = () if origin in (typing.Union, types.UnionType, typing.Annotated) else ("*",)
    for part in inner[:1] if origin is typing.Annotated else inner:
        yield from _inside(part, (*at, *step))


def named_in(body: Any) -> set[tuple[str, ...]]:
    return {tuple("*" if isinstance(key, int) else key for key in path) for path in paths(body)}


@pytest.mark.parametrize("name", MODELS)
def test_every_field_of_the_contract_is_played_with(world: World, name: str) -> None:
    body = (
        {"token": "t", "name": "n", "worker_token": new_token("htw")}
        if name == "enrol"
        else HONEST.get(name) or honest_result(base_attempt(world))
    )
    assert set(fields_of(MODELS[name])) <= named_in(body)


# --- one wrong value at a time ----------------------------------------------------------------------------------------


def base_attempt(world: World, node: str = "") -> Attempt:
    """A base score, claimed: the job whose result has a speed."""
    ensure_base_score(phase=world.phase, model=world.model, now=db_now())
    answer = call("claim/", claim_body(kinds=(JobKind.BASE_SCORE,)), node or enrol())
    return Attempt(Claim.model_validate_json(answer.content))


def answer_to(path: str, body: Any, token: str = "") -> int:
    """The status; what the post did is undone."""
    with transaction.atomic():
        status = call(path, encoded(body), token).status_code
        transaction.set_rollback(True)
    return status


@pytest.mark.parametrize("name", ["enrol", "claim"])
def test_no_node_breaks_joining_and_claiming(world: World, name: str) -> None:
    submit(world)
    token = "" if name == "enrol" else enrol()
    honest = (
        HONEST["claim"]
        if name == "claim"
        else {"token": create_enrolment_token(), "name": "node-2", "worker_token": new_token("htw")}
    )
    for path in paths(honest):
        for value in EXTREMES:
            assert answer_to(f"{name}/", replaced(honest, path, value), token) in ANSWERS, (path, value)


@pytest.mark.parametrize("name", ["progress", "result", "failure", "release"])
def test_no_attempt_breaks_the_worker_api(world: World, name: str) -> None:
    attempt = base_attempt(world)
    honest = honest_result(attempt) if name == "result" else HONEST[name]
    for path in paths(honest):
        for value in EXTREMES:
            status = answer_to(f"jobs/{attempt.job_id}/{name}/", replaced(honest, path, value), attempt.token)
            assert status in ANSWERS, (path, value)


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"\xff", b"[" * 100_000, b"1e400", b'{"\\ud800": 1}', b'"\\u0000"', b"null"]
)
def test_what_is_no_body_is_refused(world: World, body: bytes) -> None:
    token = enrol()
    attempt = base_attempt(world, token)
    for path in ("progress", "result", "failure", "release"):
        assert attempt.post(path, body).status_code == 400, path
    assert call("claim/", body, token).status_code == 400
    assert call("enrol/", body).status_code == 400


# --- and then every page ----------------------------------------------------------------------------------------------


def looked_at(world: World, job: Job) -> list[tuple[str, str]]:
    """(who, address) of everything that shows jobs, runs and nodes."""
    event, challenge, run = world.hackathon.slug, world.challenge.slug, job.submission_id
    pages = [
        *("/", f"/h/{event}/", f"/c/{challenge}/", f"/c/{challenge}/submit/", "/submissions/", f"/s/{run}/"),
        *(f"/c/{challenge}/leaderboard/", f"/c/{challenge}/leaderboard.csv"),
    ]
    admin = [
        *("", "submissions/job/", f"submissions/job/{job.pk}/change/", "submissions/node/", "submissions/submission/"),
        *(f"submissions/submission/{run}/change/", "hackathon/basemodel/"),
        *(f"submissions/node/{node.pk}/change/" for node in Node.objects.all()),
        f"hackathon/basemodel/{world.model.pk}/change/",
    ]
    return [
        *(("captain", address) for address in pages),
        *(("organizer", address) for address in (*pages, f"/h/{event}/dashboard/", "/workers/")),
        *(("operator", f"/admin/{address}") for address in admin),
        *(("operator", address) for address in (f"/h/{event}/dashboard/", "/workers/")),
    ]


def require_everything_to_answer(world: World, job: Job, operator: User) -> None:
    clients = {"operator": Client(), **{who: browser_of(world, who) for who in ("captain", "organizer")}}
    clients["operator"].force_login(operator)
    for who, address in looked_at(world, job):
        assert clients[who].get(address).status_code == 200, (who, address)
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).status_code == 200
    run = f"submissions/{job.submission_id}/"
    for path in ("submissions/", run, f"{run}curve/", f"{run}log/", f"{run}report/", f"leaderboard/{world.phase.pk}/"):
        assert get(world, "captain", path).status_code == 200, path
    body = {"phase": str(world.phase.pk), "config": config_of(learning_rate=0.5)}
    assert post(world, "rival", "submissions/validate/", body).status_code in {200, 400}, "an estimate"


class HostileNode:
    """Claims a team's run and a base score, and posts what it is told to: each body honest, but for a few places."""

    def __init__(self, world: World, changes: dict[str, list[tuple[Path, Any]]]) -> None:
        self.world, self.changes = world, changes
        self.token = enrol("hostile")
        submit(world)
        self.job = Job.objects.get(submission__isnull=False, state="queued")

    def body(self, name: str, honest: Any) -> bytes:
        for path, value in self.changes.get(name, []):
            honest = replaced(honest, path, value)
        return encoded(honest)

    def play(self, ending: str) -> None:
        attempt = base_attempt(self.world, self.token)
        self.post(attempt, "progress")
        self.post(attempt, "result")
        answer = call("claim/", claim_body(kinds=(JobKind.RUN,)), self.token)
        attempt = Attempt(Claim.model_validate_json(answer.content))
        work(self.job)
        self.post(attempt, "progress")
        self.post(attempt, ending)
        assert call(
            "claim/", self.body("claim", HONEST["claim"] | {"number": claim_body()["number"]}), self.token
        ).status_code in {200, 204}

    def post(self, attempt: Attempt, name: str) -> None:
        honest = honest_result(attempt) if name == "result" else HONEST[name]
        answer = attempt.post(name, self.body(name, honest))
        assert answer.status_code == 200, answer.content


RESULT_SHAPE = job_result().model_dump(mode="json") | {"speed": SPEED.model_dump(mode="json")}


def taken(name: str) -> dict[Path, list[Any]]:
    """For each single value of a body every extreme one that the contract takes there."""
    honest = HONEST.get(name, RESULT_SHAPE)
    everything = list(paths(honest))
    found: dict[Path, list[Any]] = {}
    for path in [path for path in everything if not any(other[:-1] == path for other in everything)]:
        for value in EXTREMES:
            with suppress(ValueError):
                MODELS[name].model_validate_json(encoded(replaced(honest, path, value)))
                found.setdefault(path, []).append(value)
    return found


def changes_of(name: str) -> st.SearchStrategy[list[tuple[Path, Any]]]:
    """Every place that may have an extreme value has one, but for those that say which job or file is meant."""
    places = {
        path: st.sampled_from(values) for path, values in taken(name).items() if path[0] not in {"number", "outputs"}
    }
    return st.fixed_dictionaries(places).map(lambda values: list(values.items()))


CHANGES = st.deferred(lambda: st.fixed_dictionaries({name: changes_of(name) for name in MODELS if name != "enrol"}))


@pytest.fixture
def operator(db: None, settings: LazySettings) -> User:
    settings.METRICS_TOKEN = METRICS_TOKEN
    return User.objects.create_superuser("operator@example.org", "x", name="Operator")


@hypothesis_settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=CHANGES, ending=st.sampled_from(["result", "failure", "release"]))
def test_every_page_stands_what_a_node_was_allowed_to_send(
    operator: User, changes: dict[str, list[tuple[Path, Any]]], ending: str
) -> None:
    with transaction.atomic():
        world = make_world()
        make_result(world, team=world.rivals, public=0.5)
        node = HostileNode(world, changes)
        node.play(ending)
        submit(world, "rival", learning_rate=0.3)
        require_everything_to_answer(world, node.job, operator)
        transaction.set_rollback(True)


FURTHEST: dict[str, list[tuple[Path, Any]]] = {
    "claim": [(("node", name), 2**31 - 1) for name in ("memory_mb", "memory_used_mb", "disk_free_mb")]
    + [(("node", "cached_models"), ["f" * 64] * 1000), (("node", "last_error"), "\ufffd\n" * 1000)],
    "progress": [
        *(((name,), 2**31 - 1) for name in ("seq", "step", "total_steps")),
        (("points", 0), {"step": 2**31 - 1, "name": "train_loss", "value": 1e150}),
        (("points", 1), {"step": 0, "name": "train_loss", "value": -1e150}),
        (("lines",), [LINE | {"at": at} for at in ("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")]),
        (("lines", 0, "values"), {"step": 2**53, "metrics": "\U0010ffff" * 100, "loss": -1e150}),
    ],
    "result": [
        (("telemetry", "compute_seconds"), 2_678_400.0),
        (("telemetry", "seconds"), {"train": 2_678_400.0, "x": 0.0}),
        (("telemetry", "parameters_total"), 2**53),
        (("telemetry", "peak_memory_mb"), 2.0**31 - 1),
        (("telemetry", "best_step"), 2**31 - 1),
        (("steps",), 2**31 - 1),
        (("validation",), {"accuracy": 1e150, "x": 5e-324}),
        (("speed",), dict.fromkeys(MeasuredSpeed.model_fields, 0.1)),
    ],
    "failure": [(("compute_seconds",), 2_678_400.0), (("message",), "\n" * 2000)],
    "release": [(("reason",), "\U0010ffff" * 2000)],
}


@pytest.mark.parametrize("ending", ["result", "failure", "release"])
@pytest.mark.parametrize("speed", [0.1, 1e9])
def test_every_page_stands_the_ends_of_the_contracts_ranges(
    world: World, operator: User, ending: str, speed: float
) -> None:
    rates = dict.fromkeys(MeasuredSpeed.model_fields, speed)
    node = HostileNode(world, FURTHEST | {"result": [*FURTHEST["result"], (("speed",), rates)]})
    node.play(ending)
    world.model.refresh_from_db()
    assert world.model.speed["text-classification"] == rates, "the furthest values are taken"
    assert node.job.events.filter(from_state="running").exists()
    require_everything_to_answer(world, node.job, operator)


def test_figures_that_no_model_has_count_as_none(world: World, operator: User) -> None:
    """Kept from a time without ranges."""
    submit(world)
    job = Job.objects.get(submission__isnull=False)
    world.model.speed = {"text-classification": dict.fromkeys(MeasuredSpeed.model_fields, 5e-324)}
    world.model.save()
    assert world.model.measured_speed("text-classification") is None
    require_everything_to_answer(world, job, operator)
