"""Attempts that must fail when submitting, over HTTP: nothing may have changed afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from hackathon.accounts.tokens import create_api_token
from hackathon.enums import TokenScope, Visibility
from submissions.models import Submission
from tests.api import bearer, client_of, config, errors, get, post, submit
from tests.factories import CONFIG, MembershipFactory, TeamFactory, World, make_world
from tests.submissions.services.attempted import assert_nothing_happened, body_of

pytestmark = pytest.mark.django_db


# --- fields and parameters ---------------------------------------------------------------------------------------

FORBIDDEN = ("private_score", "status", "state", "team", "seed", "received_at", "is_staff", "number", "run_key")


@pytest.mark.parametrize("path", ["submissions/", "submissions/validate/"])
def test_fields_that_are_not_for_the_client_are_refused(world: World, path: str) -> None:
    for field in FORBIDDEN:
        response = post(world, "captain", path, body_of(world, **{field: 0.99}))
        assert (response.status_code, response.json()["code"]) == (400, "unknown_field")
        assert errors(response) == [("unknown_field", field)]
    assert_nothing_happened()


@pytest.mark.parametrize("place", ["config", "config.training", "config.method"])
def test_fields_that_are_not_in_the_contract_are_refused(world: World, place: str) -> None:
    for field in ("seed", "private_score", "output_dir", "trust_remote_code", "__class__"):
        body = json.loads(json.dumps(body_of(world)))
        target = body
        for step in place.split("."):
            target = target[step]
        target[field] = 1
        response = submit(world, body=body)
        assert (response.status_code, response.json()["code"]) == (400, "unknown_field")
        assert errors(response) == [("unknown_field", f"{place}.{field}".removeprefix("config."))]
    assert_nothing_happened()


@pytest.mark.parametrize("path", ["", "{id}/", "{id}/curve/", "{id}/log/", "{id}/artifacts/model_card.md/"])
def test_unknown_parameters_are_refused(world: World, path: str) -> None:
    identity = submit(world).json()["id"]
    for parameter in ("private_score__gt", "fields", "expand", "format", "q"):
        response = get(world, "captain", f"submissions/{path.format(id=identity)}", **{parameter: "csv"})
        assert (response.status_code, errors(response)) == (400, [("unknown_parameter", parameter)])


def test_only_listed_orderings_are_taken(world: World) -> None:
    for ordering in ("private_score", "-private_score", "jobs__results__private_score", "seed", "?", ""):
        response = get(world, "captain", "submissions/", ordering=ordering)
        assert (response.status_code, [field for _code, field in errors(response)]) == (400, ["ordering"])


def test_a_write_takes_no_parameters(world: World) -> None:
    response = post(world, "captain", "submissions/?team=1", body_of(world))
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")
    assert_nothing_happened()


# --- values ------------------------------------------------------------------------------------------------------

ABSURD = [
    ({"per_device_train_batch_size": 10**9}, "out_of_range", "1 … 256"),
    ({"per_device_train_batch_size": -1}, "out_of_range", "1 … 256"),
    ({"per_device_train_batch_size": 10**400}, "out_of_range", "1 … 256"),
    ({"per_device_train_batch_size": "8"}, "invalid_type", "1 … 256"),
    ({"per_device_train_batch_size": True}, "invalid_type", "1 … 256"),
    ({"per_device_train_batch_size": 8.0}, "invalid_type", "1 … 256"),
    ({"per_device_train_batch_size": None}, "invalid_type", "1 … 256"),
    ({"per_device_train_batch_size": [8]}, "invalid_type", "1 … 256"),
    ({"max_length": 10**9}, "out_of_range", "8 … 512"),
    ({"num_train_epochs": 10**9}, "out_of_range", "1 … 100"),
    ({"learning_rate": 1e308}, "out_of_range", "above 0 … 1"),
    ({"learning_rate": -0.001}, "out_of_range", "above 0 … 1"),
    ({"learning_rate": 0}, "out_of_range", "above 0 … 1"),
    ({"learning_rate": "0.001"}, "invalid_type", "above 0 … 1"),
    ({"optim": "adamw; rm -rf /"}, "invalid_choice", "adamw, adam, sgd, adafactor, lion"),
]


@pytest.mark.parametrize(("training", "code", "allowed"), ABSURD)
def test_an_absurd_value_is_refused_with_what_is_allowed(
    world: World, training: dict[str, Any], code: str, allowed: str
) -> None:
    response = submit(world, **training)
    assert response.status_code == 400
    (error,) = response.json()["fields"]
    (name,) = training
    assert (error["code"], error["field"], error["allowed"]) == (code, f"training.{name}", allowed)
    assert_nothing_happened()


def test_all_errors_come_at_once(world: World) -> None:
    wrong = {
        "base_model": "../../etc/passwd",
        "method": {"name": "lora", "r": 10**9, "lora_alpha": "x", "rank": 4},
        "training": {"learning_rate": -1, "max_length": 1e9, "optim": "muon", "seed": 7},
        "compression": [],
    }
    response = submit(world, body=body_of(world, config=wrong))
    assert response.status_code == 400
    assert set(errors(response)) == {
        ("model_not_allowed", "base_model"),
        ("out_of_range", "method.r"),
        ("invalid_type", "method.lora_alpha"),
        ("unknown_field", "method.rank"),
        ("out_of_range", "training.learning_rate"),
        ("invalid_type", "training.max_length"),
        ("invalid_choice", "training.optim"),
        ("unknown_field", "training.seed"),
        ("unknown_field", "compression"),
    }
    assert_nothing_happened()


@pytest.mark.parametrize("whole", [None, [], "config", 7, True, {}])
def test_a_config_that_is_no_object_is_refused(world: World, whole: Any) -> None:
    response = submit(world, body=body_of(world, config=whole))
    assert response.status_code == 400
    assert errors(response)
    assert_nothing_happened()


@pytest.mark.parametrize("field", ["phase", "config"])
def test_a_missing_field_is_named(world: World, field: str) -> None:
    body = body_of(world)
    del body[field]
    response = post(world, "captain", "submissions/", body)
    assert (response.status_code, errors(response)) == (400, [("required", field)])


@pytest.mark.parametrize(
    "changes", [{"phase": "x"}, {"phase": None}, {"phase": {}}, {"note": "x" * 301}, {"note": [], "phase": []}]
)
def test_the_other_fields_are_checked_too(world: World, changes: dict[str, Any]) -> None:
    response = submit(world, body=body_of(world, **changes))
    assert response.status_code == 400
    assert {field for _code, field in errors(response)} == changes.keys()
    assert_nothing_happened()


MODELS = (
    "../../etc/passwd",
    "https://example.org/model",
    "x" * 300,
    "tiny-bеrt",
    "TINY-BERT",
    "tiny-bert\n",
    "org/repo",
    "",
)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_is_not_listed_is_refused_with_those_that_are(world: World, model: str) -> None:
    response = submit(world, body=body_of(world, config=CONFIG | {"base_model": model}))
    assert response.status_code == 400
    error = response.json()["fields"][0]
    assert (error["field"], error["code"]) == ("base_model", "model_not_allowed" if model else "out_of_range")
    assert error["allowed"] == "tiny-bert" or not model
    assert_nothing_happened()


def test_a_model_that_is_listed_but_disabled_is_refused(world: World) -> None:
    world.model.is_enabled = False
    world.model.save()
    response = submit(world)
    assert (response.status_code, response.json()["code"]) == (400, "model_not_allowed")


def test_a_product_that_is_too_big_is_refused_with_the_estimate(world: World) -> None:
    limits = world.challenge.limits
    world.challenge.limits = limits | {"budget": limits["budget"] | {"max_steps": 100}, "max_batch_cost": 8192}
    world.challenge.save()
    response = submit(world, per_device_train_batch_size=1, num_train_epochs=100)
    assert (response.status_code, response.json()["code"]) == (400, "exceeds_budget")
    (error,) = response.json()["fields"]
    assert "2000 steps" in error["message"]
    assert error["allowed"].startswith("≤ 100 steps")
    wide = submit(world, per_device_train_batch_size=256, max_length=512)
    assert errors(wide) == [("exceeds_budget", "training.per_device_train_batch_size")]
    assert "131072" in wide.json()["fields"][0]["message"]
    assert_nothing_happened()


BROKEN = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b'"x"', 400),
    (b'{"phase": NaN}', 400),
    (b'{"phase": "a", "phase": "b"}', 400),
    (b'{"phase": "\xff"}', 400),
    (b"[" * 100_000, 400),
    (b'{"config": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}", 400),
    (b'{"config": ' + b"9" * 5000 + b"}", 400),
    (b"{" + b" " * 2**20 + b"}", 413),
]


@pytest.mark.parametrize(("body", "status"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_body_is_refused(world: World, body: bytes, status: int) -> None:
    response = client_of(world, "captain").post("/api/submissions/", body, content_type="application/json")
    assert response.status_code == status
    assert {"code", "message", "hint", "fields"} <= response.json().keys()
    assert_nothing_happened()


def test_a_deeply_nested_config_is_refused(world: World) -> None:
    nested: Any = 1
    for _ in range(400):
        nested = {"a": nested}
    response = submit(world, body=body_of(world, config=nested))
    assert response.status_code == 400
    assert_nothing_happened()


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"])
def test_text_that_cannot_be_stored_is_refused(world: World, text: str) -> None:
    for body in (body_of(world, note=text), body_of(world, config=CONFIG | {"base_model": text})):
        response = client_of(world, "captain").post(
            "/api/submissions/", json.dumps(body), content_type="application/json"
        )
        assert response.status_code == 400
    assert_nothing_happened()


def test_another_content_type_is_refused(world: World) -> None:
    response = client_of(world, "captain").post("/api/submissions/", "phase=1", content_type="text/plain")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


# --- who ---------------------------------------------------------------------------------------------------------


def test_outsiders_of_a_private_hackathon_learn_nothing_of_its_phase(db: None) -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    random = body_of(world, phase="00000000-0000-4000-8000-000000000000")
    for path in ("submissions/", "submissions/validate/"):
        real = post(world, "outsider", path, body_of(world))
        nothing = post(world, "outsider", path, random)
        assert (real.status_code, real.json()) == (400, nothing.json())
    assert_nothing_happened()


def test_a_read_only_token_cannot_write(world: World) -> None:
    _row, token = create_api_token(user=world.captain, name="reader", scope=TokenScope.READ)
    mine = submit(world).json()["id"]
    for path, body in (
        ("submissions/", body_of(world, config=config(learning_rate=0.5))),
        (f"submissions/{mine}/cancel/", {}),
    ):
        response = bearer(token).post(f"/api/{path}", body)
        assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    assert bearer(token).get(f"/api/submissions/{mine}/").json()["state"] == "queued"
    assert Submission.objects.count() == 1


def test_a_browsers_session_needs_the_csrf_token(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.captain)
    response = client.post("/api/submissions/", body_of(world))
    assert response.status_code == 403
    assert_nothing_happened()


def test_who_has_left_loses_the_teams_submissions_at_once(world: World) -> None:
    mine = submit(world, "teammate", key="k").json()["id"]
    post(world, "teammate", f"teams/{world.team.pk}/leave/")
    assert get(world, "teammate", f"submissions/{mine}/").status_code == 404
    assert post(world, "teammate", f"submissions/{mine}/cancel/").status_code == 404
    assert get(world, "teammate", "submissions/").json()["count"] == 0


def test_a_replayed_key_does_not_show_the_old_teams_submission(world: World) -> None:
    submit(world, "teammate", key="k")
    post(world, "teammate", f"teams/{world.team.pk}/leave/")
    MembershipFactory(team=TeamFactory(hackathon=world.hackathon), user=world.teammate)  # moved by an organizer
    assert submit(world, "teammate", key="k").status_code == 404


def test_the_others_submissions_do_not_show_in_the_validation(world: World) -> None:
    submit(world, "rival")
    answer = post(world, "captain", "submissions/validate/", body_of(world)).json()
    assert (answer["same_as"], answer["cost"]["quota"]["used_total"]) == (None, 0)
