"""NUL, control characters and halves of surrogate pairs at every door: a clear refusal, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from hackathon.api.strict import JSONBody, StrictAPIView
from hackathon.bundles.yaml import YamlInvalid, load
from hackathon.models import Hackathon, User
from hackathon.web.incoming import DEEPEST
from submissions.models import Submission
from teams.models import Team
from tests.api import client_of, config, errors
from tests.factories import PASSWORD, World
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db

REFUSED = {"nul": "\0", "bell": "\a", "escape": "\x1b", "delete": "\x7f", "c1": "\x9f"}
SURROGATES = {"high": "\ud800", "low": "\udfff", "swapped": "\udc00\ud800"}
every_character = pytest.mark.parametrize("bad", [*REFUSED.values(), *SURROGATES.values()], ids=[*REFUSED, *SURROGATES])
every_form_character = pytest.mark.parametrize("bad", REFUSED.values(), ids=REFUSED)


def post_json(world: World, who: str, path: str, text: str) -> Any:
    return client_of(world, who).generic("POST", f"/api/{path}", text.encode(), content_type="application/json")


# --- the API ----------------------------------------------------------------------------------------------------------


@every_character
def test_the_api_names_the_field(world: World, bad: str) -> None:
    body = {"phase": str(world.phase.pk), "config": config(), "note": f"a{bad}b"}
    answer = post_json(world, "captain", "submissions/", json.dumps(body))
    assert (answer.status_code, answer.json()["code"], errors(answer)) == (
        400,
        "invalid_text",
        [("invalid_text", "note")],
    )
    assert "U+" in answer.json()["fields"][0]["message"]
    assert not Submission.objects.exists()


@every_character
def test_the_api_refuses_such_a_key(world: World, bad: str) -> None:
    answer = post_json(world, "captain", "submissions/", json.dumps({"config": [{bad: 1}]}))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_text")
    assert errors(answer)[0][1].startswith("config.0.\\u")


@every_character
def test_an_answer_names_few_of_many(world: World, bad: str) -> None:
    answer = post_json(world, "captain", "submissions/", json.dumps({bad * (number + 1): bad for number in range(300)}))
    assert answer.status_code == 400
    assert len(answer.content) < 20_000


def views_of(patterns: Any, at: str = "") -> Iterator[tuple[str, type[APIView]]]:
    for pattern in patterns:
        address = at + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views_of(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and issubclass(getattr(pattern.callback, "cls", object), APIView):
            yield address, pattern.callback.cls


def test_every_operation_of_the_api_reads_its_body_there() -> None:
    found = dict(views_of(get_resolver().url_patterns))
    readers = {address: view for address, view in found.items() if issubclass(view, StrictAPIView)}
    assert len(readers) > 20
    assert all(view.parser_classes == (JSONBody,) for view in readers.values())
    assert set(found) == set(readers)


@pytest.mark.parametrize("depth", [DEEPEST, *range(900, 1000, 9), 100_000])
def test_no_depth_is_too_deep_for_an_answer(world: World, depth: int) -> None:
    text = f'{{"phase": "{world.phase.pk}", "config": {"[" * depth}{"]" * depth}}}'
    for path in ("submissions/", "submissions/validate/"):
        answer = post_json(world, "captain", path, text)
        assert (answer.status_code, answer.json()["code"]) in {(400, "too_deep"), (400, "invalid_json")}


def test_a_number_beyond_every_float_is_refused(world: World) -> None:
    answer = post_json(world, "captain", "submissions/", '{"config": {"training": {"learning_rate": 1e400}}}')
    assert errors(answer) == [("invalid_number", "config.training.learning_rate")]


# --- addresses and forms ----------------------------------------------------------------------------------------------


@every_form_character
@pytest.mark.parametrize(
    "address",
    [
        *("/submissions/?tag=", "/login/?next=", "/admin/login/?next=", "/api/submissions/?tag="),
        "/api/schema/?version=",
    ],
)
def test_a_query_is_refused(world: World, address: str, bad: str) -> None:
    for answer in (browser_of(world, "captain").get(address + quote(bad)), Client().get(address + quote(bad))):
        assert answer.status_code == 400
        assert b"invalid_text" in answer.content


@every_form_character
def test_an_address_leads_nowhere(world: World, bad: str) -> None:
    run = "00000000-0000-4000-8000-000000000000"
    name = quote(bad)
    for address in (
        f"/s/{run}/files/{name}",
        f"/i/{name}/",
        f"/c/{name}/",
        f"/c/{world.challenge.slug}/data/1/files/{name}",
    ):
        assert browser_of(world, "captain").get(address).status_code == 404, address
    api = client_of(world, "captain").get(f"/api/submissions/{run}/artifacts/{name}/")
    assert (api.status_code, api.json()["code"]) == (404, "not_found")


@every_form_character
def test_a_form_is_refused_and_names_the_field(world: World, bad: str) -> None:
    answer = browser_of(world, "outsider").post("/account/", {"name": f"New{bad}", "kind": "other"})
    assert answer.status_code == 400
    assert "<code>name</code>" in html(answer)
    assert User.objects.get(pk=world.outsider.pk).name == world.outsider.name
    answer = browser_of(world, "captain").post("/submissions/", {f"x{bad}": "y"})
    assert answer.status_code == 400


@every_form_character
def test_nobody_signs_up_or_logs_in_with_them(world: World, bad: str) -> None:
    people = User.objects.count()
    form = {"name": f"N{bad}", "email": "new@example.org", "password1": PASSWORD}
    assert Client().post("/signup/", form).status_code == 400
    assert Client().post("/login/", {"login": f"a{bad}@example.org", "password": "x"}).status_code == 400
    assert User.objects.count() == people


@every_form_character
def test_the_admin_refuses_them(world: World, bad: str) -> None:
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator@example.org", "x", name="Operator"))
    address = f"/admin/hackathon/hackathon/{world.hackathon.pk}/change/"
    assert operator.post(address, {"name": f"New{bad}"}).status_code == 400
    assert operator.get(f"/admin/hackathon/hackathon/?q={quote(bad)}").status_code == 400
    assert Hackathon.objects.get().name == world.hackathon.name


def test_half_of_a_pair_in_a_form_is_no_character(world: World) -> None:
    """A browser cannot send one; its bytes are no UTF-8 and become U+FFFD."""
    answer = browser_of(world, "outsider").generic(
        "POST", "/account/", b"name=A%ED%A0%80&kind=other", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 302
    assert User.objects.get(pk=world.outsider.pk).name == "A\ufffd\ufffd\ufffd"


def test_what_people_write_comes_in(world: World) -> None:
    name = "Zoë\u200d 中文 🙂"
    answer = post_json(world, "outsider", f"hackathons/{world.hackathon.slug}/teams/", json.dumps({"name": name}))
    assert answer.status_code in {201, 403}, answer.content
    body = {"phase": str(world.phase.pk), "config": config(), "note": "a\tb\r\nc\u2028d\x85e"}
    assert post_json(world, "captain", "submissions/", json.dumps(body)).status_code == 201
    assert Team.objects.exists()


# --- YAML -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "escape",
    [r"\0", r"\a", r"\e", r"\x07", r"\x7F", r"\x9f", r"\ud800", r"\uDFFF", r"\U0000D800", r"\U00110000", r"\UFFFFFFFF"],
)
@pytest.mark.parametrize(
    "text", ['a: 1\nb: "x{}y"', 'a: 1\n"x{}": 2', 'a: 1\n"{0}": {{"{0}": 1, "{0}": 2}}', 'a: 1\n- "{}']
)
def test_yaml_refuses_an_escape_at_its_line(text: str, escape: str) -> None:
    with pytest.raises(YamlInvalid) as caught:
        load(text.format(escape))
    assert {line for line, _message in caught.value.problems} == {2}
    str(caught.value).encode()


def test_yaml_takes_the_escapes_of_other_characters() -> None:
    assert load(r'"a\tb\nc\N\L\u4e2d\U0001F642"') == "a\tb\nc\x85\u2028中🙂"


@pytest.mark.parametrize("escape", [r"\ud800", r"\U00110000", r"\0"])
def test_a_config_as_yaml_is_refused_in_its_form(world: World, escape: str) -> None:
    form = {"tab": "yaml", "yaml": f'base_model: "{escape}"\n', "submit": "1", "phase": str(world.phase.pk)}
    answer = browser_of(world, "captain").post(f"/c/{world.challenge.slug}/submit/", form)
    assert answer.status_code in {200, 400, 422}
    assert not Submission.objects.exists()
