"""A session that ends while the form is open loses nothing and submits nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from submissions.models import Submission
from submissions.pages.kept_draft import MAX_CHARACTERS, SESSION_KEY
from tests.factories import PASSWORD, World
from tests.pages import browser_of, html
from tests.submissions.pages.submit_page import LORA, live, path, problems, textarea, value_of

pytestmark = pytest.mark.django_db


def logged_out(world: World, **sent: str) -> tuple[Client, Any]:
    """The captain's browser after its session has ended and the open form was sent; and the answer."""
    client = browser_of(world, "captain", enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html(client.get(path(world))))
    assert token is not None
    Session.objects.all().delete()
    return client, client.post(path(world), LORA | {"csrfmiddlewaretoken": token[1]} | sent)


def plain(client: Client) -> Client:
    """The same browser, without the test's check of tokens."""
    other = Client()
    other.cookies = client.cookies
    return other


def test_the_form_comes_back_after_the_log_in_and_nothing_is_submitted(world: World) -> None:
    client, answer = logged_out(world, submit="1", note="mine", tags="a, b", **{"method.r": "900"})
    assert answer["Location"] == f"/login/?next={path(world)}%3Fkept%3D1"
    client = plain(client)
    assert "Log in: your form is kept." in html(client.get(answer["Location"]))
    logged_in = client.post(answer["Location"], {"login": world.captain.email, "password": PASSWORD})
    assert logged_in["Location"] == f"{path(world)}?kept=1"
    text = html(client.get(f"{path(world)}?kept=1"))
    assert "Your session had ended." in text
    assert [value_of(text, name) for name in ("note", "tags", "method.r")] == ["mine", "a, b", "900"]
    assert list(problems(text)) == ["method.r"]
    assert not Submission.objects.exists()
    assert "Your session had ended." not in html(client.get(path(world)))


def test_yaml_comes_back_too_and_a_submit_forgets_it(world: World) -> None:
    config = "base_model: tiny-bert\nmethod: {name: head}\n"
    client, _answer = logged_out(world, tab="yaml", yaml=config, submit="1")
    client = plain(client)
    client.force_login(world.captain)
    assert textarea(html(client.get(f"{path(world)}?kept=1"))) == config
    assert SESSION_KEY in client.session
    assert client.post(path(world), LORA | {"submit": "1"}).status_code == 302
    assert SESSION_KEY not in client.session
    assert Submission.objects.get().method == "lora"


def test_what_is_too_long_is_not_kept(world: World) -> None:
    client, answer = logged_out(world, tab="yaml", yaml="x" * MAX_CHARACTERS, submit="1")
    assert answer["Location"] == f"/login/?next={path(world)}"
    assert SESSION_KEY not in client.session
    assert "The form was too long to be kept." in html(client.get(answer["Location"]))


def test_a_log_in_for_another_reason_says_nothing_of_a_form(world: World) -> None:
    assert "session had ended" not in html(Client().get(path(world), follow=True))


def test_it_comes_back_only_in_its_challenge(world: World) -> None:
    client, _answer = logged_out(world, submit="1", note="mine")
    client.force_login(world.captain)
    session = client.session
    session[SESSION_KEY] |= {"challenge": "another"}
    session.save()
    text = html(client.get(f"{path(world)}?kept=1"))
    assert value_of(text, "note") == ""


def test_a_live_check_without_a_session_leaves_the_form_alone(world: World) -> None:
    answer = live(world, "anonymous")
    assert (answer.status_code, answer.content) == (204, b"")
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
