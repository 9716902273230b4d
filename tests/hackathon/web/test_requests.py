"""Requests as clients really send them: without the last slash, with a broken cookie, by a method nobody serves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.api import client_of, config, errors, post
from tests.factories import World
from tests.pages import browser_of

pytestmark = pytest.mark.django_db


def test_a_submit_without_the_last_slash_is_a_submit(world: World) -> None:
    body = {"phase": str(world.phase.pk), "config": config()}
    response = post(world, "captain", "submissions", body)
    assert response.status_code == 201
    assert response["Location"] == f"/api/submissions/{response.json()['id']}/"
    assert post(world, "captain", "submissions/", body).json()["id"] == response.json()["id"]


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete", "put", "options"])
@pytest.mark.parametrize("path", ["submissions", "me", "submissions/validate", "worker/claim", "schema", "docs"])
def test_an_address_of_the_api_is_the_same_without_its_slash(world: World, method: str, path: str) -> None:
    with_slash, without = (getattr(client_of(world, "captain"), method)(f"/api/{path}{end}") for end in ("/", ""))
    assert without.status_code == with_slash.status_code
    assert without.status_code not in (301, 302, 307, 308)


def test_what_is_no_address_is_not_found_as_json(world: World) -> None:
    response = client_of(world, "captain").post("/api/nothing", {})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


BROKEN = ["\x00", '"\\000"', '"abc\\000def"', "a" * 5000, "../../etc", "ключ", "'; --", '"\\"', "é" * 32, ""]


@pytest.mark.parametrize("value", BROKEN)
@pytest.mark.parametrize("path", ["/", "/login/", "/admin/", "/api/me/"])
def test_a_broken_session_cookie_is_none(world: World, value: str, path: str) -> None:
    cookie = f"sessionid={value}; csrftoken={value}; django_language={value}; time_zone={value}"
    expected = Client().get(path)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = Client().get(path, HTTP_COOKIE=cookie.encode().decode("latin-1"))
    assert response.status_code == expected.status_code
    assert not any("django_session" in query["sql"] for query in asked)


def test_a_session_works(world: World) -> None:
    assert browser_of(world, "captain").get("/account/").status_code == 200


@pytest.mark.parametrize("path", ["submissions/", "submissions/validate/"])
@pytest.mark.parametrize("who", ["captain", "outsider"])
def test_an_unknown_phase_of_a_body_is_named(world: World, path: str, who: str) -> None:
    body: dict[str, Any] = {"phase": "00000000-0000-4000-8000-000000000000", "config": config()}
    response = post(world, who, path, body)
    assert (response.status_code, response.json()["code"]) == (400, "unknown_phase")
    assert errors(response) == [("not_found", "phase")]
    assert "/api/challenges/" in response.json()["hint"]


def test_a_phase_that_one_may_not_know_of_is_as_unknown_as_none(world: World) -> None:
    world.hackathon.visibility = "draft"
    world.hackathon.save()
    body = {"phase": str(world.phase.pk), "config": config()}
    hidden = post(world, "outsider", "submissions/", body)
    body["phase"] = "00000000-0000-4000-8000-000000000000"
    assert hidden.content == post(world, "outsider", "submissions/", body).content
    assert json.loads(hidden.content)["code"] == "unknown_phase"


@pytest.mark.parametrize("value", [5, 1.5, True, [], {}])
def test_what_is_no_text_is_not_made_into_one(world: World, value: object) -> None:
    plain = {"phase": str(world.phase.pk), "config": config()}
    team = f"hackathons/{world.hackathon.slug}/teams/"
    answers = [
        ("note", post(world, "captain", "submissions/", plain | {"note": value})),
        ("tags", post(world, "captain", "submissions/", plain | {"tags": [value]})),
        ("phase", post(world, "captain", "submissions/validate/", plain | {"phase": value})),
        ("name", post(world, "outsider", team, {"name": value})),
    ]
    for field, answer in answers:
        assert answer.status_code == 400
        assert [named.split(".")[0] for _code, named in errors(answer)] == [field]


ADDRESSES = ["/", "/login/", "/admin/", "/account/", "/healthz", "/api/me/", "/api/docs/", "/api/schema/", "/nothing/"]


@pytest.mark.parametrize("path", [*ADDRESSES, "/api/worker/claim/", "/i18n/setlang/", "/favicon.ico", "/static/x.css"])
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "track"])
def test_nobody_serves_other_methods(world: World, path: str, method: str) -> None:
    response = browser_of(world, "captain").generic(method, path, HTTP_X_SECRET="do not echo")
    assert response.status_code == 405
    assert "GET" in response["Allow"]
    assert "echo" not in response.content.decode()
