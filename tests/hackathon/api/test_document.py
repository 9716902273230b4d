"""The OpenAPI document: one for everybody, made once, whatever is asked."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from hackathon.api import document
from tests.test_sentences import CHINESE_READER, chinese

__all__ = ["chinese"]
PATH = "/api/schema/"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        *((query, "unknown_parameter") for query in ("version=1", "lang=zh-hans", "format=json", "x=%ff")),
        *((query, "invalid_text") for query in ("version=%00", "lang=%00")),
    ],
)
@pytest.mark.django_db
def test_it_takes_no_parameter(query: str, code: str) -> None:
    response = Client().get(f"{PATH}?{query}", HTTP_ACCEPT="application/json")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_many_who_ask_at_once_wait_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    make = SchemaGenerator.get_schema

    def counted(*args: Any, **kwargs: Any) -> Any:
        made.append(1)
        return make(*args, **kwargs)

    monkeypatch.setattr(SchemaGenerator, "get_schema", counted)
    document._made.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Client().get(PATH, HTTP_ACCEPT="application/json"), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(made) == 1


def test_it_is_yaml_or_json_and_the_same() -> None:
    as_yaml = Client().get(PATH)
    as_json = Client().get(PATH, HTTP_ACCEPT="application/json", HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert as_yaml["Content-Disposition"] == 'inline; filename="hacktune.yaml"'
    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content)
    assert Client().get(PATH, HTTP_ACCEPT="text/html").status_code == 406


def operations() -> dict[str, dict[str, Any]]:
    """Every operation of the document by "GET /api/…"."""
    paths = json.loads(Client().get(PATH, HTTP_ACCEPT="application/json").content)["paths"]
    return {f"{method.upper()} {path}": found[method] for path, found in paths.items() for method in found}


def test_each_operation_is_named_once_and_described() -> None:
    found = operations()
    summaries = [operation.get("summary", "") for operation in found.values()]
    assert "" not in summaries
    assert len({*summaries}) == len(found)
    assert [name for name, operation in found.items() if not operation.get("description")] == []


def test_descriptions_are_for_users() -> None:
    """They are our docstrings: none of them speaks of our code."""
    text = Client().get(PATH, HTTP_ACCEPT="application/json").content.decode()
    said = re.findall(r'"(?:description|summary)": "((?:[^"\\]|\\.)*)"', text)
    code = re.compile(r"(?i:serializer|queryset|django)|\bcontext\b|\bNone\b|Raises|`[A-Z][a-z]+[A-Z]\w*`")
    assert len(said) > 100
    assert [one for one in said if code.search(one) and "transformers" not in one] == []


def test_what_everybody_may_read_is_declared_so() -> None:
    public = {name for name, operation in operations().items() if {} in operation["security"]}
    assert public == {
        "GET /api/hackathons/",
        "GET /api/hackathons/{slug}/",
        "GET /api/hackathons/{slug}/teams/",
        "GET /api/challenges/",
        "GET /api/challenges/{slug}/",
        "GET /api/challenges/{slug}/config-schema/",
        "GET /api/leaderboard/{phase_id}/",
        "GET /api/teams/{team_id}/",
    }


@pytest.mark.django_db
def test_the_docs_page_is_framed_in_the_readers_language(chinese: None) -> None:
    text = Client().get("/api/docs/", headers=CHINESE_READER).content.decode()
    assert "<title>API 文档 · Hacktune</title>" in text
    assert "使用 API 令牌登录，放在请求头 <code>Authorization: Bearer …</code> 中。" in text
    assert '<main id="api-docs" lang="en"' in text, "the document itself is English"


@pytest.mark.django_db
def test_the_docs_page_leads_back_and_runs_no_inline_code() -> None:
    response = Client().get("/api/docs/")
    text = response.content.decode()
    assert '<a href="/">' in text
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", text) == []
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]
