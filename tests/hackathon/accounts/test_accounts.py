"""Sign-up, log-in, reset and second factor: as a stranger, as a mailbox's owner, and as one who would like to be."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import check_password
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from hackathon.accounts.forms import SignUpForm
from hackathon.accounts.services import verify_mailbox
from hackathon.models import User
from tests.factories import PASSWORD, UserFactory, World
from tests.mails import delivered
from tests.pages import browser_of, html, without_noise

pytestmark = pytest.mark.django_db
NEW = "an unusual sentence to keep"


def sign_up(client: Client, email: str, **more: str) -> HttpResponse:
    answer: Any = client.post("/signup/", {"name": "Ada", "email": email, "password1": NEW, **more}, follow=True)
    return answer  # type: ignore[no-any-return]


def log_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"login": email, "password": password, **more})


def link_in(message: Any) -> str:
    found = re.search(r"http://127.0.0.1:8000(/\S+)", message.body)
    assert found is not None, message.body
    return found.group(1)


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_stranger_signs_up_confirms_and_is_in() -> None:
    client = Client()
    sign_up(client, "Ada@Example.org")
    assert not is_logged_in(client)
    user = User.objects.get(email_key="ada@example.org")
    assert user.name == "Ada"
    (message,) = delivered()
    assert message.to == ["ada@example.org"]
    path = link_in(message)
    assert "Confirm" in html(client.get(path))
    assert client.post(path)["Location"] == "/"
    assert is_logged_in(client)
    assert "invalid or has expired" in html(Client().get(path))


def test_before_the_mailbox_is_confirmed_the_password_opens_nothing() -> None:
    sign_up(Client(), "ada@example.org")
    client = Client()
    assert log_in(client, "ada@example.org", NEW)["Location"] == "/account/confirm/"
    assert not is_logged_in(client)
    path = link_in(delivered()[0])
    assert Client().post(path)["Location"] == "/login/"  # another browser: confirmed, but not logged in
    assert log_in(Client(), "ada@example.org", NEW)["Location"] == "/"


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("ada@example.org", "ADA@example.org"),
        ("ada@example.org", "ada@ｅxample.org"),
        ("ada.l@gmail.com", "a.dal+x@googlemail.com"),
    ],
)
def test_a_second_account_of_a_mailbox_is_none_and_looks_the_same(known: str, typed: str) -> None:
    first = sign_up(Client(), known)
    count = len(delivered())
    cache.clear()  # minutes later: the same address gets no two mails at once
    second = sign_up(Client(), typed)
    assert User.objects.count() == 1
    assert without_noise(html(second)) == without_noise(html(first))
    assert second.redirect_chain == first.redirect_chain  # type: ignore[attr-defined]
    assert "already exists" in delivered()[count].body
    assert check_password(NEW, User.objects.get().password)


def test_two_who_sign_up_at_the_same_moment_make_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up(Client(), "ada@example.org")
    monkeypatch.setattr(SignUpForm, "validate_unique_email", lambda form, value: value)  # neither saw the other
    response = sign_up(Client(), "ADA@example.org")
    assert response.redirect_chain[-1][0] == "/account/confirm/"  # type: ignore[attr-defined]
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_beside_its_field() -> None:
    response = Client().post("/signup/", {"name": "Ada", "email": "ada@example.org", "password1": "123"})
    assert 'id="id_password1_error"' in html(response)
    assert User.objects.count() == 0


def test_a_name_that_would_like_to_run_is_text() -> None:
    sign_up(Client(), "ada@example.org", name="<script>alert(1)</script>")
    client = Client()
    client.post(link_in(delivered()[0]))
    verify_mailbox(user=User.objects.get())
    log_in(client, "ada@example.org", NEW)
    assert "<script>alert" not in html(client.get("/account/"))


def test_five_wrong_passwords_close_the_account_for_a_while_in_every_spelling(world: World) -> None:
    email = world.captain.email
    for spelling in (email, email.upper(), f" {email}", email.title(), email):
        assert log_in(Client(), spelling, "wrong").status_code == 200
    client = Client()
    response = log_in(client, email)
    assert "Too many failed login attempts" in html(response)
    assert not is_logged_in(client)
    assert log_in(Client(), world.rival.email)["Location"] == "/"


def test_too_many_sign_ups_from_one_address_are_refused(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    sign_up(Client(), "one@example.org")
    response = sign_up(Client(), "two@example.org")
    assert response.status_code == 429
    assert "rate_limited" in html(response)


def test_somebody_switched_off_is_told_so_and_not_let_in(world: World) -> None:
    User.objects.filter(pk=world.captain.pk).update(is_active=False)
    assert log_in(Client(), world.captain.email)["Location"] == "/account/inactive/"
    Client().post("/account/reset/", {"email": world.captain.email})
    assert "do not have any record" in delivered()[0].body


# --- password reset ---------------------------------------------------------------------------------------------------


def test_a_reset_answers_the_same_for_known_and_unknown(world: World) -> None:
    known = Client().post("/account/reset/", {"email": world.captain.email}, follow=True)
    unknown = Client().post("/account/reset/", {"email": "nobody@example.org"}, follow=True)
    assert without_noise(html(known)) == without_noise(html(unknown))
    assert known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in delivered()] == [[world.captain.email], ["nobody@example.org"]]


def test_a_reset_goes_to_the_address_of_the_account_whatever_was_typed() -> None:
    verify_mailbox(user=UserFactory.create(email="ada.l@gmail.com"))
    Client().post("/account/reset/", {"email": "adal+evil@googlemail.com"})
    assert delivered()[0].to == ["ada.l@gmail.com"]


def test_a_reset_link_sets_the_password_once(world: World) -> None:
    Client().post("/account/reset/", {"email": world.captain.email})
    path = link_in(delivered()[0])
    client = Client()
    form = client.get(path, follow=True)
    target = form.redirect_chain[-1][0]
    assert client.post(target, {"password1": NEW, "password2": NEW})["Location"] == "/account/reset/done/"
    assert html(client.get("/account/reset/done/")).count("Log in") >= 1
    assert log_in(Client(), world.captain.email, NEW)["Location"] == "/"
    assert "invalid or has expired" in html(Client().get(path, follow=True))


def test_changing_the_password_logs_other_browsers_out(world: World) -> None:
    here, there = browser_of(world, "captain"), browser_of(world, "captain")
    values = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/account/password/", values)["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


# --- second factor ----------------------------------------------------------------------------------------------------


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def with_second_factor(email: str) -> tuple[str, list[str]]:
    """(secret, recovery codes) of a factor that its owner has switched on."""
    client = Client()
    assert log_in(client, email)["Location"] == "/"
    asked = client.get("/account/second-factor/totp/activate/")
    assert asked["Location"].startswith("/account/reauthenticate/?next=")
    page = html(client.post(asked["Location"], {"password": PASSWORD}, follow=True))
    secret = re.search(r'<code class="secret">(\w+)</code>', page)
    assert secret is not None
    assert 'src="data:image/svg+xml;base64,' in page
    done = client.post("/account/second-factor/totp/activate/", {"code": code_of(secret.group(1))}, follow=True)
    codes = re.findall(r"<li>(\w{8})</li>", html(done))
    assert len(codes) == 10
    assert client.get("/account/second-factor/recovery-codes/download/").status_code == 200
    return secret.group(1), codes


def test_with_a_second_factor_the_password_alone_opens_nothing(world: World) -> None:
    _secret, codes = with_second_factor(world.captain.email)
    client = Client()
    step = log_in(client, world.captain.email, next="/account/")
    assert step["Location"].startswith("/account/second-factor/authenticate/")
    assert client.get("/account/").status_code == 302
    assert not is_logged_in(client)
    assert client.post(step["Location"], {"code": "000000"}).status_code == 200
    assert client.post(step["Location"], {"code": codes[0]})["Location"] == "/account/"
    assert is_logged_in(client)
    again = Client()
    log_in(again, world.captain.email)
    assert again.post("/account/second-factor/authenticate/", {"code": codes[0]}).status_code == 200
    assert not is_logged_in(again)


def test_the_admin_asks_for_the_second_factor_too(world: World) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    with_second_factor(world.organizer.email)
    client = Client()
    client.post("/admin/login/?next=/admin/", {"username": world.organizer.email, "password": PASSWORD})
    assert not is_logged_in(client)
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=%2Fadmin%2F"


def test_switching_it_off_asks_who_it_is_and_ends_the_codes(world: World) -> None:
    with_second_factor(world.captain.email)
    stale = browser_of(world, "captain")  # logged in, but not just now
    response = stale.post("/account/second-factor/totp/deactivate/")
    assert response["Location"].startswith("/account/reauthenticate/")
    asked = stale.post(response["Location"], {"password": PASSWORD}, follow=True)
    assert asked.status_code == 200
    stale.post("/account/second-factor/totp/deactivate/")
    assert "even if your password is stolen" in html(stale.get("/account/second-factor/"))
    assert log_in(Client(), world.captain.email)["Location"] == "/"


def test_no_page_of_an_account_holds_inline_code(world: World) -> None:
    client = Client()
    log_in(client, world.captain.email)
    paths = ["", "email/", "tokens/", "password/", "second-factor/", "second-factor/totp/activate/", "reauthenticate/"]
    pages = [html(client.get(f"/account/{path}")) for path in paths]
    pages += [html(Client().get(path)) for path in ("/login/", "/signup/", "/account/reset/", "/account/reset/sent/")]
    for text in pages:
        assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", text) == []


# --- accounts that others make ----------------------------------------------------------------------------------------


def test_a_superuser_of_the_command_line_may_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)
    call_command("createsuperuser", email="Root@Example.org", name="Root", interactive=False, verbosity=0)
    client = Client()
    assert log_in(client, "root@example.org", NEW, next="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_person_of_the_admin_may_log_in_and_under_a_new_address_too(world: World) -> None:
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    admin = browser_of(world, "organizer")
    values = {"email": "Bea@Example.org", "name": "Bea", "usable_password": "true", "password1": NEW, "password2": NEW}
    rows = {f"participations-{key}": "0" for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    assert admin.post("/admin/hackathon/user/add/", values | rows).status_code == 302
    bea = User.objects.get(name="Bea")
    assert log_in(Client(), "bea@example.org", NEW)["Location"] == "/"
    changed = {"email": "bea@elsewhere.example", "name": "Bea", "is_active": "on"}
    assert admin.post(f"/admin/hackathon/user/{bea.pk}/change/", changed | rows).status_code == 302
    assert log_in(Client(), "bea@elsewhere.example", NEW)["Location"] == "/"
    assert [row.email for row in EmailAddress.objects.filter(user=bea)] == ["bea@elsewhere.example"]
    assert log_in(Client(), "bea@example.org", NEW).status_code == 200
