"""What a new password does to API tokens: a reset ends them all, a change asks, and the person is told."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.test import Client

from hackathon.accounts.tokens import create_api_token, revoke_all_tokens
from hackathon.clock import db_now
from hackathon.models import User
from tests.api import bearer
from tests.factories import PASSWORD, World
from tests.mails import delivered
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db
NEW = "an unusual sentence to keep"
BOX = 'name="revoke_tokens"'


@pytest.fixture
def token(world: World) -> str:
    """The captain's only one."""
    world.captain.api_tokens.all().delete()
    return create_api_token(user=world.captain, name="notebook")[1]


def opens(token: str) -> bool:
    return bearer(token).get("/api/me/").status_code == 200


def change(client: Client, **values: str) -> str:
    passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    return html(client.post("/account/password/", passwords | values, follow=True))


def test_a_reset_ends_every_token_and_says_so(world: World, token: str) -> None:
    other = world.token("rival").split()[1]
    there = browser_of(world, "captain")
    Client().post("/account/reset/", {"email": world.captain.email})
    link = re.search(r"/account/reset/\S+", str(delivered()[0].body))
    assert link is not None
    client = Client()
    form = client.get(link[0], follow=True)
    assert "all API tokens are revoked" in html(form)
    assert opens(token)
    done = client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW}, follow=True)
    assert "all API tokens are revoked" in html(done)
    assert (opens(token), opens(other)) == (False, True)
    assert there.get("/account/").status_code == 302
    assert "No API token opens your account" in delivered()[1].body


def test_a_reset_that_is_refused_ends_nothing(world: World, token: str) -> None:
    Client().post("/account/reset/", {"email": world.captain.email})
    link = re.search(r"/account/reset/\S+", str(delivered()[0].body))
    assert link is not None
    client = Client()
    form = client.get(link[0], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": "another"})
    assert opens(token)


def test_a_change_offers_to_end_them_with_the_box_checked(world: World, token: str) -> None:
    client = browser_of(world, "captain")
    box = re.search(rf"<input[^>]*{BOX}[^>]*>", html(client.get("/account/password/")))
    assert box is not None
    assert " checked" in box[0]
    assert "1 API token is revoked." in change(client, revoke_tokens="on")
    assert not opens(token)
    assert "No API token opens your account" in delivered()[0].body


def test_a_change_may_leave_them(world: World, token: str) -> None:
    shown = change(browser_of(world, "captain"))
    assert "revoked" not in shown
    assert opens(token)
    assert re.search(r"1 API token still opens your account: http\S+/account/tokens/", str(delivered()[0].body))


def test_a_wrong_old_password_ends_nothing(world: World, token: str) -> None:
    change(browser_of(world, "captain"), oldpassword="wrong", revoke_tokens="on")
    assert opens(token)


def test_who_has_no_token_is_not_asked(world: World) -> None:
    world.captain.api_tokens.all().delete()
    assert BOX not in html(browser_of(world, "captain").get("/account/password/"))


def test_an_account_without_a_password_is_asked_when_it_sets_one(world: World, token: str) -> None:
    world.captain.set_unusable_password()
    world.captain.save()
    client = browser_of(world, "captain")
    values = {"password1": NEW, "password2": NEW, "revoke_tokens": "on"}
    assert BOX in html(client.get("/account/password/set/"))
    assert "1 API token is revoked." in html(client.post("/account/password/set/", values, follow=True))
    assert not opens(token)


@pytest.mark.parametrize("button", [{"usable_password": "true"}, {"usable_password": "false", "unset-password": ""}])
def test_a_password_that_an_operator_sets_ends_them_too(world: World, token: str, button: dict[str, str]) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    values = {"password1": NEW, "password2": NEW}
    path = f"/admin/hackathon/user/{world.captain.pk}/password/"
    assert browser_of(world, "organizer").post(path, values | button).status_code == 302
    assert not opens(token)


def test_a_password_that_the_command_line_sets_ends_them_too(world: World, token: str) -> None:
    with patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", world.captain.email, verbosity=0)
    assert not opens(token)
    assert Client().post("/login/", {"login": world.captain.email, "password": NEW})["Location"] == "/"


def test_only_tokens_that_were_valid_count(world: World, token: str) -> None:
    create_api_token(user=world.captain, name="old", expires_at=db_now() - timedelta(days=1))
    assert [revoke_all_tokens(user=world.captain) for _ in range(2)] == [1, 0]
