"""Hackathons and challenges over HTTP: who may see them, what they show, and how strict the API is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from hackathon.accounts.tokens import create_api_token
from hackathon.clock import db_now
from hackathon.enums import TokenScope, Visibility
from hackathon.models import Hackathon
from tests.api import EVERYBODY, bearer, client_of, config, errors, get
from tests.factories import ChallengeFactory, HackathonFactory, PhaseFactory, World, make_world
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_public_hackathon_is_for_everybody(world: World, who: str) -> None:
    listed = get(world, who, "hackathons/").json()
    assert (listed["count"], listed["results"][0]["slug"]) == (1, world.hackathon.slug)
    shown = get(world, who, f"hackathons/{world.hackathon.slug}/").json()
    assert [challenge["slug"] for challenge in shown["challenges"]] == [world.challenge.slug]
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("who", "role"), [("captain", "participant"), ("organizer", "organizer"), ("outsider", None), ("anonymous", None)]
)
def test_a_hackathon_names_the_viewers_role(world: World, who: str, role: str | None) -> None:
    assert get(world, who, f"hackathons/{world.hackathon.slug}/").json()["role"] == role


PRIVATE_PATHS = (
    "hackathons/{hackathon}/",
    "hackathons/{hackathon}/teams/",
    "challenges/{challenge}/",
    "challenges/{challenge}/config-schema/",
    "leaderboard/{phase}/",
    "teams/{team}/",
)


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_private_hackathon_is_for_its_people_alone(db: None, who: str) -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    for path in PRIVATE_PATHS:
        assert_private(world, who, path)


def assert_private(world: World, who: str, path: str) -> None:
    ids = {"hackathon": world.hackathon.slug, "challenge": world.challenge.slug, "phase": world.phase.pk}
    response = get(world, who, path.format(**ids, team=world.team.pk))
    if who in {"outsider", "anonymous"}:
        nobodys = dict.fromkeys(ids, "no-such") | {"phase": "0" * 8 + "-0000-4000-8000-" + "0" * 12}
        random = get(world, who, path.format(**nobodys, team=nobodys["phase"]))
        assert (response.status_code, response.json()) == (404, random.json())
        assert random.status_code == 404
    else:
        assert response.status_code == 200


@pytest.mark.parametrize("who", EVERYBODY)
def test_lists_do_not_mention_a_private_hackathon_to_outsiders(db: None, who: str) -> None:
    world = make_world(visibility=Visibility.PRIVATE)
    expected = 0 if who in {"outsider", "anonymous"} else 1
    assert get(world, who, "hackathons/").json()["count"] == expected
    assert get(world, who, "challenges/").json()["count"] == expected
    assert get(world, who, "challenges/", hackathon=world.hackathon.slug).json()["count"] == expected


@pytest.mark.parametrize("who", EVERYBODY)
def test_drafts_and_unpublished_challenges_are_the_organizers(world: World, who: str) -> None:
    world.challenge.is_published = False
    world.challenge.save()
    status = 200 if who == "organizer" else 404
    assert get(world, who, f"challenges/{world.challenge.slug}/").status_code == status
    assert get(world, who, f"leaderboard/{world.phase.pk}/").status_code == status
    Hackathon.objects.update(visibility=Visibility.DRAFT)
    assert get(world, who, f"hackathons/{world.hackathon.slug}/").status_code == status


def test_a_challenge_shows_what_a_team_must_know(world: World) -> None:
    shown = get(world, "anonymous", f"challenges/{world.challenge.slug}/").json()
    assert shown["metrics"] == [*TASKS["text-classification"].metrics]
    assert shown["metrics"][:2] == ["accuracy", "f1_macro"]
    assert shown["limits"]["base_models"] == ["tiny-bert"]
    assert shown["base_models"][0]["parameters"] == 1000
    (phase,) = shown["phases"]
    assert phase["id"] == str(world.phase.pk)
    assert phase["is_open"] is True
    assert phase["quota"] == {"per_day": 20, "total": 100, "at_once": 2, "queued": 10, "compute_seconds": 36_000}
    assert phase["data"]["labels"] == ["negative", "positive"]
    assert (phase["data"]["public_count"], phase["data"]["private_count"]) == (30, 70)
    assert "files" not in phase["data"]


def test_a_disabled_model_is_neither_shown_nor_in_the_schema(world: World) -> None:
    world.model.is_enabled = False
    world.model.save()
    assert get(world, "captain", f"challenges/{world.challenge.slug}/").json()["base_models"] == []
    schema = get(world, "captain", f"challenges/{world.challenge.slug}/config-schema/").json()
    assert schema["properties"]["base_model"]["enum"] == []


def test_the_config_schema_accepts_and_refuses_what_a_submit_does(world: World) -> None:
    schema = get(world, "anonymous", f"challenges/{world.challenge.slug}/config-schema/").json()
    validator = Draft202012Validator(schema)
    assert validator.is_valid(config())
    assert not validator.is_valid(config(num_train_epochs=10**9))
    assert not validator.is_valid(config() | {"base_model": "another"})
    assert not validator.is_valid(config() | {"path": "/etc/passwd"})


def test_lists_are_paginated(world: World) -> None:
    for _ in range(2):
        HackathonFactory()
    first = get(world, "anonymous", "hackathons/", page_size=2).json()
    second = get(world, "anonymous", "hackathons/", page_size=2, page=2).json()
    assert (first["count"], len(first["results"]), len(second["results"])) == (3, 2, 1)
    assert second["next"] is None
    assert get(world, "anonymous", "hackathons/", page=9).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"), [({"page": "0"}, "page"), ({"page": "last"}, "page"), ({"page_size": "101"}, "page_size")]
)
def test_a_bad_page_is_refused(world: World, query: dict[str, str], field: str) -> None:
    response = get(world, "anonymous", "hackathons/", **query)
    assert response.status_code == 400
    assert [name for _code, name in errors(response)] == [field]


@pytest.mark.parametrize(("path", "queries"), [("hackathons/", 3), ("challenges/", 3)])
def test_a_list_takes_as_many_queries_for_30_rows_as_for_2(world: World, path: str, queries: int) -> None:
    ChallengeFactory()
    for rows in (2, 30):
        with CaptureQueriesContext(connection) as captured:
            assert get(world, "anonymous", path).json()["count"] == rows
        assert len(captured) == queries
        for _ in range(28):
            ChallengeFactory()


def test_a_challenge_takes_as_many_queries_for_three_phases_as_for_one(world: World) -> None:
    for phases in (1, 3):
        with CaptureQueriesContext(connection) as captured:
            shown = get(world, "anonymous", f"challenges/{world.challenge.slug}/").json()
        assert len(shown["phases"]) == phases
        assert len(captured) == 4  # challenge, models, the clock, phases with their data
        for number in range(2):
            PhaseFactory(challenge=world.challenge, data=world.data, name=f"Phase {phases}.{number}")


@pytest.mark.parametrize(
    "path", ["hackathons/", "hackathons/{hackathon}/", "challenges/", "challenges/{challenge}/", "leaderboard/{phase}/"]
)
def test_unknown_parameters_are_refused(world: World, path: str) -> None:
    ids = {"hackathon": world.hackathon.slug, "challenge": world.challenge.slug, "phase": world.phase.pk}
    for parameter in ("ordering", "private_score__gt", "fields", "expand", "format", "hackathon__secret", "search"):
        response = get(world, "captain", path.format(**ids), **{parameter: "private_score"})
        assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")
        assert errors(response) == [("unknown_parameter", parameter)]


def test_an_address_that_is_not_there_answers_like_a_random_id(world: World) -> None:
    random = get(world, "captain", "teams/00000000-0000-4000-8000-000000000000/")
    for path in ("no/such/thing/", "teams/17/", "submissions/abc/"):
        missing = client_of(world, "captain").get(f"/api/{path}")
        assert (missing.status_code, missing.json()) == (404, random.json())


def test_other_methods_are_refused_in_the_same_shape(world: World) -> None:
    for method in ("put", "patch", "delete"):
        response = getattr(client_of(world, "captain"), method)(f"/api/hackathons/{world.hackathon.slug}/", {})
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_nothing_of_the_api_is_cached_by_others(world: World) -> None:
    response = get(world, "captain", "hackathons/")
    assert response["Cache-Control"] == "private, no-store"
    assert "Authorization" in response["Vary"]


def test_the_openapi_document_names_every_address(world: World) -> None:
    document = client_of(world, "anonymous").get("/api/schema/", headers={"Accept": "application/json"}).json()
    assert document["openapi"].startswith("3.1")
    assert {"get", "post"} <= document["paths"]["/api/submissions/"].keys()
    assert "/api/worker/claim/" not in document["paths"]
    methods = document["components"]["schemas"]["SubmissionConfig"]["properties"]["method"]
    assert set(methods["discriminator"]["mapping"]) == {*METHODS}
    assert client_of(world, "anonymous").get("/api/docs/").status_code == 200


def test_me_says_who_one_is_and_what_the_token_may_do(world: World) -> None:
    me = get(world, "captain", "me/").json()
    assert me["email"] == world.captain.email
    assert me["token"] == {"name": "tests", "scope": "submit", "expires_at": None}
    assert [(p["hackathon"], p["role"]) for p in me["participations"]] == [(world.hackathon.slug, "participant")]
    assert [(t["name"], t["role"]) for t in me["teams"]] == [("Otters", "captain")]
    outsider = get(world, "outsider", "me/").json()
    assert (outsider["participations"], outsider["teams"]) == ([], [])
    assert get(world, "anonymous", "me/").status_code == 401


def test_a_read_only_token_reads_only(world: World) -> None:
    _row, token = create_api_token(user=world.captain, name="reader", scope=TokenScope.READ)
    assert bearer(token).get("/api/me/").json()["token"]["scope"] == "read"
    response = bearer(token).post(f"/api/teams/{world.team.pk}/leave/", {})
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("token", ["", "htu_wrong", "nonsense", "htu_ÿ", "x" * 5000])
def test_a_wrong_token_is_refused_even_where_none_is_needed(world: World, token: str) -> None:
    response = bearer(token).get("/api/hackathons/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "authentication_failed"


def test_a_revoked_token_and_an_inactive_person_are_refused(world: World) -> None:
    row, token = create_api_token(user=world.captain, name="old")
    row.revoked_at = db_now()
    row.save()
    assert bearer(token).get("/api/me/").status_code == 401
    _row, expired = create_api_token(user=world.captain, name="old", expires_at=db_now())
    assert bearer(expired).get("/api/me/").status_code == 401
    world.rival.is_active = False
    world.rival.save()
    assert get(world, "rival", "me/").status_code == 401
