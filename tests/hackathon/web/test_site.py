"""What every page shares: log-in, language, time zone, errors, headers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import LazySettings
from django.conf import settings as project
from django.test import Client
from django.utils.translation import trans_real

from tests.factories import PASSWORD, World
from tests.pages import browser_of, html, page

PO = Path(project.BASE_DIR) / "hackathon" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize("spelling", ["{}", "  {}"])
def test_log_in_by_e_mail_in_any_case(world: World, spelling: str) -> None:
    email = spelling.format(world.captain.email.upper())
    response = Client().post("/login/", {"login": email, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_wrong_password_says_so_and_logs_nobody_in(world: World) -> None:
    client = Client()
    response = client.post("/login/", {"login": world.captain.email, "password": "wrong"})
    assert response.status_code == 200
    assert 'role="alert"' in html(response)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_log_in_leads_to_local_pages_only(world: World, target: str) -> None:
    response = Client().post("/login/", {"login": world.captain.email, "password": PASSWORD, "next": target})
    assert response["Location"] == "/"


@pytest.mark.parametrize("path", ["/login/", "/logout/", "/i18n/setlang/"])
def test_a_form_without_its_token_is_refused(world: World, path: str) -> None:
    response = browser_of(world, "captain", enforce_csrf_checks=True).post(path, {"language": "en"})
    assert response.status_code == 403
    assert "csrf_failed" in html(response)


def test_logging_out_needs_a_post(world: World) -> None:
    client = browser_of(world, "captain")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_a_poll_that_lost_its_log_in_reloads_the_page(world: World) -> None:
    response = page(world, "anonymous", "/login/", headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert response.content == b""


@pytest.mark.parametrize("path", ["/nothing/", "/h/nothing/", "/c/nothing/", "/c/nothing/leaderboard/"])
def test_not_found_is_a_page(world: World, path: str) -> None:
    response = page(world, "captain", path)
    assert response.status_code == 404
    assert "Page not found" in html(response)


def test_the_icon_is_found_where_browsers_look(db: None) -> None:
    assert Client().get("/favicon.ico")["Location"] == "/static/hackathon/icon.svg"


def test_not_found_under_the_api_is_json(db: None) -> None:
    assert Client().get("/api/nothing/").json()["code"] == "not_found"


def test_a_crash_names_its_reference_and_nothing_else(world: World) -> None:
    client = Client(raise_request_exception=False)
    with patch("evaluation.views.read_home_page", side_effect=RuntimeError("label of item-3: positive")):
        response = client.get("/")
    assert response.status_code == 500
    assert response["X-Request-Id"] in html(response)
    assert "item-3" not in html(response)


def test_times_are_shown_in_the_browsers_zone(world: World) -> None:
    world.hackathon.time_zone = "Europe/Berlin"
    world.hackathon.save()
    path = f"/h/{world.hackathon.slug}/"
    client = Client()
    assert "Times in Europe/Berlin" in html(client.get(path))
    client.cookies["time_zone"] = "Asia/Shanghai"
    assert "Times in Asia/Shanghai" in html(client.get(path))


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Nowhere/Land", "", "America"])
def test_a_zone_that_is_none_is_ignored(world: World, zone: str) -> None:
    client = Client()
    client.cookies["time_zone"] = zone
    response = client.get("/")
    assert response.status_code == 200
    assert "Times in the time zone of each hackathon" in html(response)


def test_pages_carry_the_strict_policy_and_no_inline_code(world: World) -> None:
    response = page(world, "captain", f"/c/{world.challenge.slug}/")
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", html(response)) == []


def _chinese() -> dict[str, str]:
    with PO.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    return {
        m.id if isinstance(m.id, str) else m.id[0]: m.string if isinstance(m.string, str) else m.string[0]
        for m in catalog
        if m.id
    }


def test_every_string_of_a_template_has_its_chinese() -> None:
    known = {text for text, chinese in _chinese().items() if chinese}
    missing = []
    for template in Path(project.BASE_DIR).glob("*/templates/**/*.html"):
        text = template.read_text()
        used = re.findall(r'{% translate "([^"]+)"', text) + re.findall(r"{% translate '([^']+)'", text)
        missing += [f"{template.name}: {one}" for one in used if one not in known]
    assert missing == []


@pytest.mark.parametrize("other", ["您", "挑战", "组织者", "账户", "电子邮", "搁置"])
def test_one_thing_has_one_chinese_word(other: str) -> None:
    """They are 你, 赛题, 主办方, 账号, 邮箱 and 隔离."""
    assert {text: chinese for text, chinese in _chinese().items() if other in chinese} == {}


def _blocks(text: str) -> Iterator[str]:
    """The msgids of a template's blocks."""
    for options, body in re.findall(r"{% blocktranslate([^%]*)%}(.*?){% endblocktranslate", text, re.DOTALL):
        said = re.sub(r"{{ (\w+) }}", r"%(\1)s", body.partition("{% plural %}")[0])
        yield " ".join(filter(None, map(str.strip, said.splitlines()))) if "trimmed" in options else said


def _calls(source: str) -> Iterator[str]:
    """The msgids of a module."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(ast.Name("_" | "ngettext" | "ngettext_lazy"), [ast.Constant(str(text)), *_rest]):
                yield text


@pytest.mark.parametrize("app", ["hackathon", "teams", "submissions", "evaluation"])
def test_every_sentence_of_a_block_or_a_module_has_its_chinese(app: str) -> None:
    known = {text for text, chinese in _chinese().items() if chinese}
    folder = Path(project.BASE_DIR) / app
    used = {text for path in folder.rglob("*.py") for text in _calls(path.read_text())}
    used |= {text for path in folder.rglob("templates/**/*.*") for text in _blocks(path.read_text())}
    assert len(used) > 10
    assert used - known == set()


def test_translations_keep_their_placeholders() -> None:
    broken = {
        text: chinese
        for text, chinese in _chinese().items()
        if sorted(re.findall(r"%\(\w+\)0?\d?[a-z]", text)) != sorted(re.findall(r"%\(\w+\)0?\d?[a-z]", chinese))
    }
    assert broken == {}


def test_the_footer_switches_to_chinese(world: World, tmp_path: Path, settings: LazySettings) -> None:
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with PO.open("rb") as source, (folder / "django.mo").open("wb") as target:
        write_mo(target, read_po(source, locale="zh_Hans"))
    settings.LOCALE_PATHS = [tmp_path]
    with patch.object(trans_real, "_translations", {}):
        client = browser_of(world, "captain")
        path = f"/c/{world.challenge.slug}/leaderboard/"
        response = client.post("/i18n/setlang/", {"language": "zh-hans", "next": path}, follow=True)
        assert response.redirect_chain == [(path, 302)]
        assert '<html lang="zh-hans">' in html(response)
        assert "排行榜" in html(response)
