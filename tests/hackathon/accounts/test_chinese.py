"""Accounts in 简体中文: no page, message or mail of allauth's, Django's or ours is left in English."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import allauth
import django
import pytest
from babel.messages.pofile import read_po
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import gettext, override

from hackathon.models import User
from tests.factories import PASSWORD, World
from tests.hackathon.accounts.test_accounts import NEW, code_of, link_in, log_in
from tests.mails import delivered
from tests.pages import browser_of, html
from tests.test_sentences import CHINESE_READER, chinese

__all__ = ["chinese"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chinese")]

OTHER_WORDS = re.compile("您|电子邮|[Ee]-?mail|帐|账户|两步|双因素")
"""For 你, 邮箱, 账号 and 双重验证."""
NOT_SHOWN = re.compile("[Pp]hone|[Uu]sername|third-party|%s account|(sign-in|verification|reset) code")
ENGLISH = re.compile(r"[A-Za-z]{2,}[,;]? [A-Za-z]{2,}")
NAMES = re.compile(r"\S+@\S+|\S*/\S*|English|Captain \d+|Hacktune|Ada Lovelace")


def reader() -> Client:
    return Client(headers=CHINESE_READER)


def words_of(page: str) -> str:
    """What a person reads of a page, attributes that are read out included, without names and addresses."""
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", "", page, flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', page)
    return NAMES.sub("·", unescape(" · ".join([re.sub("<[^>]*>", " · ", page), *spoken])))


def require_chinese(text: str) -> None:
    assert re.search("[一-鿿]", text)
    assert ENGLISH.findall(words_of(text)) == []
    assert OTHER_WORDS.findall(words_of(text)) == []


def require_chinese_mails(count: int) -> list[EmailMessage]:
    """So many have come since; each with its subject."""
    mails = delivered()
    assert len(mails) == count, [mail.subject for mail in mails]
    for message in mails:
        require_chinese(message.subject)
        require_chinese(str(message.body))
    return mails


@pytest.mark.parametrize(
    "path",
    ["/login/", "/signup/", "/account/reset/", "/account/reset/sent/", "/account/reset/done/", "/account/inactive/"],
)
def test_pages_before_the_log_in(path: str) -> None:
    require_chinese(html(reader().get(path)))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/login/", {"login": "nobody@example.org", "password": "wrong"}),
        ("/login/", {"login": "no address", "password": ""}),
        ("/signup/", {"name": "", "email": "no address", "password1": "12345"}),
        ("/signup/", {"name": "Ada Lovelace", "email": "ada@example.org", "password1": "password"}),
        ("/account/reset/", {"email": ""}),
    ],
)
def test_what_a_form_finds_wrong(path: str, values: dict[str, str]) -> None:
    response = reader().post(path, values)
    assert response.status_code == 200
    assert re.search('class="problem"|role="alert"', html(response))
    require_chinese(html(response))


def test_signing_up_and_confirming(world: World) -> None:
    client = reader()
    values = {"name": "Ada Lovelace", "email": "ada@example.org", "password1": NEW}
    require_chinese(html(client.post("/signup/", values, follow=True)))
    (message,) = require_chinese_mails(1)
    require_chinese(html(client.get(link_in(message))))
    require_chinese(html(client.post(link_in(message), follow=True)))
    require_chinese(html(reader().get(link_in(message))))
    reader().post("/signup/", values | {"email": world.captain.email})
    require_chinese_mails(2)


def test_resetting_a_password(world: World) -> None:
    client = reader()
    client.post("/account/reset/", {"email": world.captain.email})
    client.post("/account/reset/", {"email": "nobody@example.org"})
    message, _unknown = require_chinese_mails(2)
    form = client.get(link_in(message), follow=True)
    require_chinese(html(form))
    target = form.redirect_chain[-1][0]
    require_chinese(html(client.post(target, {"password1": "12345678", "password2": "1"})))
    require_chinese(html(client.post(target, {"password1": NEW, "password2": NEW}, follow=True)))
    require_chinese(html(reader().get(link_in(message), follow=True)))
    require_chinese_mails(3)


def test_password_and_address_of_who_is_logged_in(world: World) -> None:
    client = reader()
    log_in(client, world.captain.email)
    require_chinese(html(client.post("/account/reauthenticate/", {"password": "wrong"})))
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    for path in ("", "tokens/", "email/", "password/", "reauthenticate/", "second-factor/"):
        require_chinese(html(client.get(f"/account/{path}", follow=True)))
    require_chinese(html(client.post("/account/password/", {"oldpassword": "x", "password1": "1", "password2": "2"})))
    require_chinese(html(client.post("/account/email/", {"email": world.captain.email, "action_add": ""}, follow=True)))
    require_chinese(html(client.post("/account/email/", {"email": "new@example.org", "action_add": ""}, follow=True)))
    require_chinese(html(client.get(link_in(require_chinese_mails(1)[-1]))))
    client.post(link_in(delivered()[-1]))
    values = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    require_chinese(html(client.post("/account/password/", values, follow=True)))
    require_chinese_mails(3)


def test_the_second_factor(world: World) -> None:
    client = reader()
    log_in(client, world.captain.email)
    asked = client.get("/account/second-factor/totp/activate/")
    require_chinese(html(client.post(asked["Location"], {"password": "wrong"})))
    form = html(client.post(asked["Location"], {"password": PASSWORD}, follow=True))
    require_chinese(form)
    secret = re.search(r'<code class="secret">(\w+)</code>', form)
    assert secret is not None
    require_chinese(html(client.post("/account/second-factor/totp/activate/", {"code": "000000"})))
    path = "/account/second-factor/totp/activate/"
    require_chinese(html(client.post(path, {"code": code_of(secret.group(1))}, follow=True)))
    for page in ("", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/"):
        require_chinese(html(client.get(f"/account/second-factor/{page}")))
    require_chinese(html(client.post("/account/second-factor/recovery-codes/generate/", follow=True)))
    other = reader()
    step = log_in(other, world.captain.email)
    require_chinese(html(other.get(step["Location"])))
    require_chinese(html(other.post(step["Location"], {"code": "000000"})))
    require_chinese(html(client.post("/account/second-factor/totp/deactivate/", follow=True)))

    require_chinese_mails(1)


@pytest.mark.parametrize(
    ("package", "shown"),
    [
        (
            Path(allauth.__file__).parent,
            r"account/(adapter|forms|fields)\.py|mfa/(adapter|totp)|account/email/|account/messages/|mfa/email/|mfa/messages/",
        ),
        (Path(django.__file__).parent / "contrib" / "auth", ""),
    ],
)
def test_no_translation_of_a_library_uses_another_word(package: Path, shown: str) -> None:
    """Those of places that this site shows; phones, log-in by code and keys are not offered."""
    with (package / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    wrong = {}
    for message in catalog:
        text = message.id if isinstance(message.id, str) else message.id[0]
        if (
            text
            and not NOT_SHOWN.search(text)
            and re.search(shown, " ".join(place for place, _line in message.locations))
        ):
            with override("zh-hans"):
                said = gettext(text)
            if OTHER_WORDS.search(re.sub(r"%\(\w+\)s", "", said)):
                wrong[text] = said
    assert wrong == {}


def test_durations_and_the_admins_words_are_ours(world: World) -> None:
    now = timezone.now()
    with override("zh-hans"):
        assert timeuntil(now + timedelta(days=1, hours=22), now).replace("\xa0", " ") == "1 天 22 小时"
    User.objects.filter(pk=world.organizer.pk).update(is_staff=True, is_superuser=True)
    browser = browser_of(world, "organizer")
    for path in ("", "hackathon/challenge/", "hackathon/organization/add/", "submissions/job/"):
        text = html(browser.get(f"/admin/{path}", headers=CHINESE_READER))
        assert "添加" in text
        assert re.findall("增加|动作|来修改", text) == []
