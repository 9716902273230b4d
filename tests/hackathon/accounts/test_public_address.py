"""Links that people are sent or answered lead to the configured address, whatever Host a request came with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from hackathon.web.public_url import public_url
from tests.api import client_of
from tests.factories import PASSWORD, World
from tests.mails import delivered
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db
SITE = "https://hacktune.example.org"
EVIL = "evil.example"
NEW = "an unusual sentence to keep"


@pytest.fixture(autouse=True)
def _open_to_any_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = SITE


def sign_up(client: Client, world: World) -> None:
    client.post("/signup/", {"name": "Ada", "email": "ada@example.org", "password1": NEW})


def sign_up_again(client: Client, world: World) -> None:
    client.post("/signup/", {"name": "Ada", "email": world.captain.email, "password1": NEW})


def reset(client: Client, world: World) -> None:
    client.post("/account/reset/", {"email": world.captain.email})


def reset_of_nobody(client: Client, world: World) -> None:
    client.post("/account/reset/", {"email": "nobody@example.org"})


def change_password(client: Client, world: World) -> None:
    client.force_login(world.captain)
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})


def change_email(client: Client, world: World) -> None:
    client.post("/login/", {"login": world.captain.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"email": "new@example.org"})


def invite(client: Client, world: World) -> None:
    client.force_login(world.captain)
    client.post(f"/t/{world.team.pk}/", {"email": "friend@example.org"})


@pytest.mark.parametrize("act", [sign_up, sign_up_again, reset, reset_of_nobody, change_password, change_email, invite])
def test_a_mail_names_the_configured_address_only(world: World, act: Callable[[Client, World], None]) -> None:
    act(Client(HTTP_HOST=EVIL), world)
    (message,) = delivered()
    links = re.findall(r"https?://\S+", str(message.body))
    assert EVIL not in f"{message.subject} {message.body} {message.from_email}"
    assert all(link.startswith(f"{SITE}/") for link in links)
    assert links or act is change_password


def test_a_link_of_a_mail_works(world: World) -> None:
    reset(Client(HTTP_HOST=EVIL), world)
    (link,) = re.findall(rf"{SITE}(/account/reset/\S+)", str(delivered()[0].body))
    assert 'name="password1"' in html(Client().get(link, follow=True))


def test_pages_of_a_list_are_at_the_configured_address(world: World) -> None:
    client = client_of(world, "captain")
    path = f"/api/hackathons/{world.hackathon.slug}/teams/"
    first, second = (client.get(f"{path}?page_size=1&page={n}", HTTP_HOST=EVIL).json() for n in (1, 2))
    assert (first["next"], first["previous"]) == (f"{SITE}{path}?page=2&page_size=1", None)
    assert (second["next"], second["previous"]) == (None, f"{SITE}{path}?page_size=1")


def test_no_page_names_the_host_it_was_asked_under(world: World) -> None:
    paths = ["/", f"/h/{world.hackathon.slug}/", f"/c/{world.challenge.slug}/", "/account/tokens/", "/api/docs/"]
    client = browser_of(world, "captain", HTTP_HOST=EVIL)
    assert {path: EVIL in html(client.get(path)) for path in [*paths, "/api/schema/"]} == dict.fromkeys(
        [*paths, "/api/schema/"], False
    )


def test_another_host_is_no_second_chance_to_guess_a_password(world: World) -> None:
    values = {"login": world.captain.email, "password": "wrong"}
    for host in range(5):
        Client(HTTP_HOST=f"host-{host}.example").post("/login/", values)
    response = Client(HTTP_HOST="fresh.example").post("/login/", values | {"password": PASSWORD})
    assert "Too many failed login attempts" in html(response)
    cache.clear()


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/a/?b=1#c", f"{SITE}/a/?b=1#c"),
        ("https://evil.example/a/", f"{SITE}/a/"),
        ("//evil.example/a/", f"{SITE}/a/"),
        ("https://evil.example//b.example/", f"{SITE}/b.example/"),
        ("", f"{SITE}/"),
    ],
)
def test_a_location_keeps_its_path_and_nothing_of_its_host(location: str, expected: str) -> None:
    assert public_url(location) == expected
