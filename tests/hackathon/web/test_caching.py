"""What may be kept: nothing of a person, and what nobody in particular gets as before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hackathon.web.caching import PRIVATE
from tests.api import client_of, submit
from tests.factories import PASSWORD, World
from tests.pages import browser_of, poll

pytestmark = pytest.mark.django_db
STATIC_FILES = "whitenoise.middleware.WhiteNoiseMiddleware"
SESSIONS = "hackathon.web.middleware.CleanSessions"


def paths(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> list[str]:
    """Every address of the site that takes no argument."""
    found: list[str] = []
    for one in patterns:
        path = prefix + str(one.pattern).removeprefix("^").removesuffix("$")
        found += paths(one.url_patterns, path) if isinstance(one, URLResolver) else [path]
    return [path for path in found if not re.search(r"[<(\\]", path)]


def test_nothing_of_a_person_is_kept(world: World) -> None:
    world.captain.is_staff = world.captain.is_superuser = True
    world.captain.save()
    client = Client()
    client.post("/login/", {"login": world.captain.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    public = {"/healthz", "/readyz"}
    addresses = [path for path in paths(get_resolver().url_patterns) if path not in public]
    assert {"/account/tokens/", "/account/second-factor/totp/activate/", "/submissions/", "/admin/"} < {*addresses}
    kept = {path: client.get(path).get("Cache-Control") for path in addresses}
    assert {path: said for path, said in kept.items() if said != PRIVATE} == {}


def test_pages_with_an_id_and_downloads_are_not_kept_either(world: World) -> None:
    submission = submit(world).json()["id"]
    base = f"/s/{submission}/"
    for path in (base, f"{base}files/curve.json", f"{base}model.zip", f"/c/{world.challenge.slug}/", "/nothing/"):
        assert browser_of(world, "captain").get(path)["Cache-Control"] == PRIVATE
    for who in ("captain", "anonymous"):
        answer = client_of(world, who).get(f"/api/submissions/{submission}/")
        assert answer["Cache-Control"] == PRIVATE
        assert {"Authorization", "Cookie"} <= {*re.split(", *", answer["Vary"])}


def test_recovery_codes_are_not_kept(world: World) -> None:
    response = browser_of(world, "captain").get("/account/second-factor/recovery-codes/download/")
    assert response["Cache-Control"] == PRIVATE


def test_an_answer_that_sets_a_cookie_is_not_kept() -> None:
    response = Client().get("/login/")
    assert "csrftoken" in response.cookies
    assert response["Cache-Control"] == PRIVATE


def test_what_nobody_gets_stays_as_it_was() -> None:
    assert "Cache-Control" not in Client().get("/favicon.ico")
    order = [settings.MIDDLEWARE.index(name) for name in (STATIC_FILES, "hackathon.web.caching.Caching", SESSIONS)]
    assert order == sorted(order)  # static files never come to the rule, cookies always do


@pytest.mark.parametrize("path", ["/login/", "/submissions/", "/workers/", "/c/{}/leaderboard/", "/h/{}/dashboard/"])
def test_an_address_that_answers_polls_otherwise_says_so(world: World, path: str) -> None:
    path = path.format(world.hackathon.slug if path.startswith("/h/") else world.challenge.slug)
    who = "anonymous" if path == "/login/" else "organizer"
    answers = [browser_of(world, who).get(path), poll(world, who, path)]
    assert [answer.status_code < 300 for answer in answers] == [True, True]
    assert ["HX-Request" in answer["Vary"] for answer in answers] == [True, True]


def test_whether_it_is_a_poll_is_asked_in_one_place() -> None:
    root = Path(settings.BASE_DIR)
    rooms = [root / room for room in ("hackathon", "teams", "submissions", "evaluation")]
    files = [path for room in rooms for kind in ("*.py", "*.html") for path in room.rglob(kind)]
    asking = re.compile(r'request\.htmx|request, "htmx"|HX-Request"|HTTP_HX_')
    assert {path.name for path in files if asking.search(path.read_text())} == {"live.py", "caching.py"}
