"""Domains of addresses by IDNA 2008: what is one mailbox, and where its mail goes."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.test import Client

from hackathon.accounts.mailbox import email_key, normal_email, wire_email
from hackathon.accounts.services import verify_mailbox
from hackathon.models import User
from hackathon.selectors import find_person
from teams.models import Invitation
from teams.services.invitations import create_invitation
from tests.factories import PASSWORD, ParticipationFactory, UserFactory, World
from tests.mails import delivered
from tests.pages import browser_of, html

SHARP, DOUBLE, WIRE = "ada@straße.de", "ada@strasse.de", "ada@xn--strae-oqa.de"


@pytest.mark.parametrize(
    ("typed", "kept", "sent_to"),
    [
        (" Ada@Example.ORG ", "ada@example.org", "ada@example.org"),
        ("Ada@Straße.DE", SHARP, WIRE),
        ("ada@STRASSE.de", DOUBLE, DOUBLE),
        ("ada@xn--Strae-oqa.de", SHARP, WIRE),
        ("ada@ｅxample。org", "ada@example.org", "ada@example.org"),
        ("ada@ex\N{SOFT HYPHEN}ample.org", "ada@example.org", "ada@example.org"),
        ("ada@例子.公司", "ada@例子.公司", "ada@xn--fsqu00a.xn--55qx5d"),
        ("ada@bücher.example", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@ab--c.example", "ada@ab--c.example", "ada@ab--c.example"),
        ("ada@[192.0.2.1]", "ada@[192.0.2.1]", "ada@[192.0.2.1]"),
    ],
)
def test_one_spelling_is_kept_and_one_is_sent_to(typed: str, kept: str, sent_to: str) -> None:
    assert normal_email(typed) == normal_email(kept) == kept
    assert wire_email(kept) == sent_to
    assert email_key(typed) == email_key(sent_to) == kept


@pytest.mark.parametrize("typed", ["ada@i❤.example", "ada@xn--a.example", "ada@بa.example", "ada@" + "例." * 60 + "de"])
def test_what_idna_2008_has_not_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError):  # of `idna`, and ours
        normal_email(typed)
    assert email_key(typed) == typed


pytestmark = pytest.mark.django_db


def sign_up(email: str) -> Any:
    return Client().post("/signup/", {"name": "Ada", "email": email, "password1": "an unusual sentence"})


def log_in(email: str, password: str = PASSWORD) -> bool:
    client = Client()
    client.post("/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_two_domains_are_two_accounts_and_one_domain_is_one() -> None:
    for email in (SHARP, DOUBLE, WIRE, "ADA@Straße.de"):
        sign_up(email)
    assert sorted(User.objects.values_list("email", "email_key")) == [(DOUBLE, DOUBLE), (SHARP, SHARP)]
    assert sorted(EmailAddress.objects.values_list("email", flat=True)) == [DOUBLE, SHARP]
    assert [message.to for message in delivered()][:2] == [[WIRE], [DOUBLE]]


@pytest.mark.parametrize("typed", [SHARP, WIRE, "ADA@STRAßE.DE", DOUBLE])
def test_an_account_is_its_domains_alone(typed: str) -> None:
    user = UserFactory.create(email=SHARP)
    assert log_in(typed) is (typed != DOUBLE)
    assert find_person(typed) == (None if typed == DOUBLE else user)
    Client().post("/account/reset/", {"email": typed})
    (message,) = delivered()
    assert message.to == ([DOUBLE] if typed == DOUBLE else [WIRE])
    assert ("/account/reset/" in message.body) is (typed != DOUBLE)


def test_an_invitation_is_for_its_domain_alone(world: World) -> None:
    for email in (SHARP, DOUBLE):
        ParticipationFactory(hackathon=world.hackathon, user=UserFactory.create(email=email))
    browser_of(world, "captain").post(f"/t/{world.team.pk}/", {"email": "ada@STRAßE.de"})
    assert Invitation.objects.get().email == SHARP
    assert delivered()[0].to == [WIRE]
    path = create_invitation(team=world.team, user=world.captain, email=WIRE)[1].partition("/i/")[2]
    for email, status in ((DOUBLE, 403), (SHARP, 200)):
        client = Client()
        client.force_login(User.objects.get(email=email))
        assert client.get(f"/i/{path}").status_code == status


def test_an_address_changes_to_its_one_spelling(world: World) -> None:
    client = Client()
    client.post("/login/", {"login": world.captain.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert SHARP in html(client.post("/account/email/", {"email": WIRE}, follow=True))
    assert EmailAddress.objects.filter(user=world.captain, email=SHARP).exists()
    assert delivered()[-1].to == [WIRE]
    refused: Any = client.post("/account/email/", {"email": "ada@i❤.example"})
    assert [error.code for error in refused.context["form"].errors.as_data()["email"]] == ["invalid"]


def test_the_admin_keeps_the_one_spelling_and_refuses_what_has_none(world: World) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    chief = browser_of(world, "organizer")
    person = {"name": "Ada", "usable_password": "false"}
    person |= {"participations-TOTAL_FORMS": "0", "participations-INITIAL_FORMS": "0"}
    for email, code in (("ada@xn--a.example", "invalid"), (WIRE, ""), (SHARP, "duplicate")):
        answer: Any = chief.post("/admin/hackathon/user/add/", person | {"email": email})
        errors = answer.context["adminform"].form.errors.as_data()["email"] if code else []
        assert [error.code for error in errors] == [code] * bool(code)
    user = User.objects.get(email=SHARP)
    assert [row.email for row in EmailAddress.objects.filter(user=user)] == [SHARP]
    body = {"user": user.pk, "email": "Other@xn--strae-oqa.DE"}
    chief.post("/admin/account/emailaddress/add/", body)
    assert EmailAddress.objects.filter(user=user, email="other@straße.de").exists()


def test_commands_find_people_in_any_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("createsuperuser", email="Root@STRAßE.de", name="Root", interactive=False, verbosity=0)
    root = User.objects.get(email="root@straße.de")
    assert EmailAddress.objects.get(user=root).email == "root@straße.de"
    monkeypatch.setattr("getpass.getpass", lambda **_prompt: "another odd sentence")
    call_command("changepassword", "root@xn--strae-oqa.de", verbosity=0)
    assert log_in("root@straße.de", "another odd sentence")


def test_a_mailbox_is_vouched_for_in_its_one_spelling() -> None:
    user: User = UserFactory.create(email=WIRE.upper())
    verify_mailbox(user=user)
    assert (user.email, user.email_key) == (SHARP, SHARP)
    assert EmailAddress.objects.get(user=user).email == SHARP
