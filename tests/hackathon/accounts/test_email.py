"""Changing one's own e-mail address: by the link in the new mailbox, and telling nobody who has an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from hackathon.accounts.mailbox import email_key, normal_email
from hackathon.accounts.services import verify_mailbox
from hackathon.models import User
from tests.factories import PASSWORD, UserFactory, World
from tests.mails import delivered
from tests.pages import EVERYBODY, browser_of, html, without_noise

pytestmark = pytest.mark.django_db
PATH = "/account/email/"


def logged_in(email: str) -> Client:
    client = Client()
    assert client.post("/login/", {"login": email, "password": PASSWORD})["Location"] == "/"
    client.post(f"/account/reauthenticate/?next={PATH}", {"password": PASSWORD})
    return client


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create(email="ada@example.org")
    verify_mailbox(user=user)
    return user


def ask(client: Client, email: str) -> Any:
    return client.post(PATH, {"email": email}, follow=True)


def link() -> str:
    found = re.search(r"http://127.0.0.1:8000(/account/confirm/\S+)", str(delivered()[-1].body))
    assert found is not None
    return found[1]


def address_of(user: User) -> tuple[str, str]:
    user.refresh_from_db()
    return user.email, user.email_key


def test_the_new_address_holds_once_its_mailbox_says_so(ada: User) -> None:
    client = logged_in("ada@example.org")
    shown = html(ask(client, "Ada@New.example"))
    assert "We have sent an e-mail to <bdi>ada@new.example</bdi>" in shown
    assert delivered()[-1].to == ["ada@new.example"]
    assert address_of(ada) == ("ada@example.org", "ada@example.org")
    client.post(link())
    assert address_of(ada) == ("ada@new.example", "ada@new.example")
    assert [row.email for row in EmailAddress.objects.filter(user=ada)] == ["ada@new.example"]
    assert delivered()[-1].to == ["ada@example.org"]  # the old mailbox is told
    logged_in("ADA@new.example")
    assert Client().post("/login/", {"login": "ada@example.org", "password": PASSWORD}).status_code == 200


def test_the_key_follows_the_address(ada: User) -> None:
    client = logged_in("ada@example.org")
    ask(client, "A.Da+hack@googlemail.com")
    client.post(link())
    assert address_of(ada) == ("a.da+hack@googlemail.com", "ada@gmail.com")
    Client().post("/signup/", {"name": "B", "email": "ada@gmail.com", "password1": "an unusual sentence"})
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("bea@example.org", "bea@example.org"),
        ("bea@example.org", "bea@ｅxample.org"),
        ("bea.l@gmail.com", "b.eal+x@googlemail.com"),
    ],
)
def test_a_mailbox_of_another_account_looks_free_and_is_not(ada: User, known: str, typed: str) -> None:
    bea: User = UserFactory.create(email=known)
    verify_mailbox(user=bea)
    client = logged_in("ada@example.org")
    free = without_noise(html(ask(client, "free@example.org"))).replace("free@example.org", "X")
    taken = without_noise(html(ask(client, typed))).replace(normal_email(typed), "X")
    assert taken == free
    client.post(link())  # even with the key to that mailbox
    assert address_of(ada) == ("ada@example.org", "ada@example.org")
    assert address_of(bea) == (known, email_key(known))
    logged_in(known)


def test_another_request_takes_the_place_of_the_first(ada: User) -> None:
    client = logged_in("ada@example.org")
    ask(client, "one@example.org")
    first = link()
    ask(client, "two@example.org")
    client.post(first)
    assert address_of(ada)[0] == "ada@example.org"
    client.post(link())
    assert address_of(ada)[0] == "two@example.org"


def test_asking_again_sends_the_mail_again(ada: User) -> None:
    client = logged_in("ada@example.org")
    ask(client, "one@example.org")
    cache.clear()  # minutes later
    ask(client, "one@example.org")
    assert [message.to for message in delivered()] == [["one@example.org"]] * 2
    client.post(link())
    assert address_of(ada)[0] == "one@example.org"


def test_a_session_alone_does_not_change_it(world: World) -> None:
    stale = browser_of(world, "captain")  # logged in, but not just now
    for response in (stale.get(PATH), stale.post(PATH, {"email": "new@example.org"})):
        assert response["Location"].startswith("/account/reauthenticate/")
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("who", EVERYBODY)
def test_it_is_for_oneself(world: World, who: str) -> None:
    response = browser_of(world, who).get(PATH)
    assert response["Location"].startswith("/login/" if who == "anonymous" else "/account/reauthenticate/")
    if who != "anonymous":
        person: User = getattr(world, who)
        shown = html(logged_in(person.email).get(PATH))
        assert person.email in shown
        assert 'name="email"' in shown


@pytest.mark.parametrize("typed", ["", "no address", "ada@example.org", "ada@b\nBcc: c@example.org"])
def test_what_is_no_new_address_is_said_beside_the_field(ada: User, typed: str) -> None:
    count = len(delivered())
    client = logged_in("ada@example.org")
    response = client.post(PATH, {"email": typed})
    assert response.status_code == 200
    assert 'id="id_email_error"' in html(response) or not typed
    assert len(delivered()) == count
