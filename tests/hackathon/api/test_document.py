"""The OpenAPI document: one for everybody, made once, whatever is asked."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from hackathon.api import document

PATH = "/api/schema/"


@pytest.mark.parametrize("query", ["version=%00", "version=1", "lang=%00", "lang=zh-hans", "format=json", "x=%ff"])
@pytest.mark.django_db
def test_it_takes_no_parameter(query: str) -> None:
    response = Client().get(f"{PATH}?{query}", HTTP_ACCEPT="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")


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
