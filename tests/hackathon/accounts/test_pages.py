"""Profile, API tokens and the demo's outbox, as everybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from evaluation.demo import people
from evaluation.demo.credentials import Credentials
from evaluation.demo.recipe import FILM_NIGHT
from evaluation.demo.seed import seed_people
from hackathon.accounts.tokens import create_api_token, find_api_token
from hackathon.enums import TokenScope
from hackathon.mail.demo_outbox import KEPT, FileBackend, read_outbox
from hackathon.mail.services import deliver_mails
from hackathon.models import ApiToken, Organization, User
from tests.api import bearer
from tests.factories import World
from tests.pages import EVERYBODY, HOSTILE, browser_of, html, live_markup, page

pytestmark = pytest.mark.django_db
SIGNED_IN = [who for who in EVERYBODY if who != "anonymous"]


@pytest.mark.parametrize("path", ["/account/", "/account/tokens/", "/account/second-factor/"])
def test_pages_of_an_account_are_for_those_who_have_one(world: World, path: str) -> None:
    assert {who: page(world, who, path).status_code for who in EVERYBODY} == dict.fromkeys(SIGNED_IN, 200) | {
        "anonymous": 302
    }
    for who in SIGNED_IN:
        if path == "/account/":
            assert getattr(world, who).email in html(page(world, who, path))


def test_a_profile_takes_a_name_and_an_organization_of_the_list(world: World) -> None:
    organization = Organization.objects.create(name="Lumen")
    client = browser_of(world, "captain")
    response = client.post("/account/", {"name": "Grace", "organization": str(organization.pk)})
    assert response["Location"] == "/account/"
    user = User.objects.get(pk=world.captain.pk)
    assert (user.name, user.organization) == ("Grace", organization)


def test_a_new_organization_is_made_once(world: World) -> None:
    for who, name in (("captain", "New Works"), ("rival", "NEW works")):
        values = {"name": who, "new_organization": name, "kind": "company"}
        assert browser_of(world, who).post("/account/", values).status_code == 302
    made = Organization.objects.get(name__iexact="new works")
    assert (made.name, made.kind) == ("New Works", "company")
    assert {User.objects.get(name=who).organization for who in ("captain", "rival")} == {made}


@pytest.mark.parametrize(
    "values", [{"name": ""}, {"name": "x", "organization": "nonsense"}, {"name": "x", "kind": "y"}]
)
def test_a_wrong_profile_changes_nothing(world: World, values: dict[str, str]) -> None:
    before = User.objects.get(pk=world.captain.pk)
    response = browser_of(world, "captain").post("/account/", values)
    assert "problem" in html(response)
    after = User.objects.get(pk=world.captain.pk)
    assert (after.name, after.organization) == (before.name, before.organization)


def test_a_profile_gives_no_rights(world: World) -> None:
    browser_of(world, "captain").post("/account/", {"name": "x", "is_staff": "on", "email": "x@y.example"})
    user = User.objects.get(pk=world.captain.pk)
    assert (user.is_staff, user.email) == (False, world.captain.email)


def make_token(client: Client, **values: str) -> str:
    response = client.post("/account/tokens/", {"name": "notebook", "scope": "submit", "days": "7"} | values)
    found = re.search(r'id="new-token">(htu_[\w-]+)<', html(response))
    assert found is not None
    assert "no-store" in response["Cache-Control"]
    return found.group(1)


def test_a_token_is_shown_once_and_opens_the_api(world: World) -> None:
    client = browser_of(world, "captain")
    token = make_token(client)
    row = find_api_token(token)
    assert row is not None
    assert row.user == world.captain
    assert row.expires_at is not None
    assert 6.9 < (row.expires_at - row.created_at).total_seconds() / 86_400 < 7.1
    assert token not in html(client.get("/account/tokens/"))
    assert bearer(token).get("/api/submissions/").status_code == 200


def test_a_token_may_be_for_reading_and_for_good(world: World) -> None:
    row = find_api_token(make_token(browser_of(world, "captain"), scope="read", days=""))
    assert row is not None
    assert (row.scope, row.expires_at) == (TokenScope.READ, None)


@pytest.mark.parametrize("values", [{"name": ""}, {"scope": "admin"}, {"days": "100000"}])
def test_a_wrong_token_form_makes_none(world: World, values: dict[str, str]) -> None:
    before = ApiToken.objects.count()
    client = browser_of(world, "captain")
    client.post("/account/tokens/", {"name": "x", "scope": "read", "days": "7"} | values)
    assert ApiToken.objects.count() == before


def test_the_tokens_take_as_many_queries_for_30_as_for_2(world: World, django_assert_num_queries: Any) -> None:
    client = browser_of(world, "captain")
    create_api_token(user=world.captain, name="second")
    for rows in (2, 30):
        assert world.captain.api_tokens.count() == rows
        with django_assert_num_queries(4):
            client.get("/account/tokens/")
        for number in range(28):
            create_api_token(user=world.captain, name=str(number))


@pytest.mark.parametrize("who", EVERYBODY)
def test_only_its_owner_sees_and_revokes_a_token(world: World, who: str) -> None:
    row, token = create_api_token(user=world.captain, name="my own notebook")
    client = browser_of(world, who)
    is_owner = who == "captain"
    assert ("my own notebook" in html(client.get("/account/tokens/"))) == is_owner
    expected = {"captain": 302, "anonymous": 302}.get(who, 404)
    response = client.post(f"/account/tokens/{row.pk}/revoke/")
    assert response.status_code == expected
    assert (find_api_token(token) is None) == is_owner
    assert client.get(f"/account/tokens/{row.pk}/revoke/").status_code == (302 if who == "anonymous" else 405)


def test_a_revoked_token_is_refused_and_says_so(world: World) -> None:
    row, token = create_api_token(user=world.captain, name="notebook")
    client = browser_of(world, "captain")
    client.post(f"/account/tokens/{row.pk}/revoke/")
    assert bearer(token).get("/api/submissions/").status_code == 401
    assert ">revoked<" in html(client.get("/account/tokens/"))


def test_hostile_names_are_inert(world: World) -> None:
    create_api_token(user=world.captain, name=HOSTILE[:100])
    assert live_markup(html(page(world, "captain", "/account/tokens/"))) == []
    User.objects.filter(pk=world.captain.pk).update(name='"><script>alert(1)</script>')
    shown = html(page(world, "captain", "/account/"))
    assert live_markup(shown) == []
    assert 'value="&quot;&gt;&lt;script' in shown


# --- the demo's outbox ------------------------------------------------------------------------------------------------


@pytest.fixture
def demo_mail(settings: Any, tmp_path: Path) -> None:
    settings.MAIL = "outbox"
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.MAIL_TRANSPORT = "hackathon.mail.demo_outbox.FileBackend"


def test_without_the_demo_there_is_no_outbox(world: World) -> None:
    assert {page(world, who, "/outbox/").status_code for who in EVERYBODY} == {404}


def test_a_stranger_confirms_an_account_by_the_outbox(demo_mail: None) -> None:
    client = Client()
    values = {"name": "Ada", "email": "ada@example.org", "password1": "an unusual sentence to keep"}
    assert "/outbox/" in html(client.post("/signup/", values, follow=True))
    deliver_mails()
    shown = html(client.get("/outbox/"))
    link = re.search(r'href="http://127.0.0.1:8000(/account/confirm/[^"]+)"', shown)
    assert link is not None
    client.post(link.group(1))
    assert "_auth_user_id" in client.session


def test_the_outbox_shows_what_arrives_without_being_loaded_again(demo_mail: None) -> None:
    address = re.search(r'hx-get="(/outbox/\?version=\w+)" hx-trigger="every', html(Client().get("/outbox/")))
    assert address is not None
    assert Client().get(address[1], headers={"HX-Request": "true"}).status_code == 204
    FileBackend().send_messages([EmailMessage("Hello", "text", "a@example.org", ["b@example.org"])])
    fragment = Client().get(address[1], headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "Hello" in html(fragment)
    assert "<html" not in html(fragment)


def test_the_outbox_is_inert_and_keeps_the_newest(demo_mail: None) -> None:
    messages = [EmailMessage(f"{n}", HOSTILE, "a@example.org", ["b@example.org"]) for n in range(KEPT + 3)]
    assert FileBackend().send_messages(messages) == KEPT + 3
    mails = read_outbox()
    assert (len(mails), mails[0].subject, mails[-1].subject) == (KEPT, f"{KEPT + 2}", "3")
    assert mails[0].text.strip() == HOSTILE
    assert live_markup(html(Client().get("/outbox/"))) == []


@pytest.mark.parametrize(
    ("mail", "site", "starts"),
    [("outbox", "http://127.0.0.1:8000", True), ("outbox", "https://hack.example", False), ("carrier", "", False)],
)
def test_an_outbox_is_refused_on_a_site_that_others_reach(mail: str, site: str, starts: bool, tmp_path: Path) -> None:
    environment = os.environ | {
        "HACKTUNE_DATA_DIR": str(tmp_path),
        "HACKTUNE_MAIL": mail,
        "HACKTUNE_SITE_URL": site or "http://127.0.0.1:8000",
    }
    program = [sys.executable, "-c", "import hackathon.settings"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == starts
    assert starts or "HACKTUNE_MAIL" in done.stderr


def test_seeding_the_demo_again_leaves_its_people_able_to_log_in() -> None:
    kept = Credentials(password="an unusual sentence", tokens={}, enrolment_token="")
    for _ in range(2):
        kept = seed_people(kept, event=FILM_NIGHT, needs_worker=False)
    response = Client().post("/login/", {"login": people.ORGANIZER.email, "password": kept.password})
    assert response["Location"] == "/"
