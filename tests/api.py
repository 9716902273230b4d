"""Speaks to the API over HTTP (Django's test client) as one of a world's people or as nobody, with real tokens."""

from __future__ import annotations

from typing import Any, cast

from rest_framework.response import Response
from rest_framework.test import APIClient

from tests.factories import CONFIG, World

EVERYBODY = ("captain", "teammate", "rival", "outsider", "organizer", "judge", "anonymous")


def client_of(world: World, who: str) -> APIClient:
    client = APIClient()
    if who != "anonymous":
        client.credentials(HTTP_AUTHORIZATION=world.token(who))
    return client


def bearer(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def get(world: World, who: str, path: str, **query: Any) -> Response:
    """A file is read to its end, which closes it: its bytes are in `response.file`."""
    response = client_of(world, who).get(f"/api/{path}", query)
    response.file = b"".join(response.streaming_content) if response.streaming else b""
    return cast(Response, response)


def post(world: World, who: str, path: str, body: Any = None, **headers: str) -> Response:
    response: Response = client_of(world, who).post(f"/api/{path}", {} if body is None else body, headers=headers)
    return response


def config(**training: Any) -> dict[str, Any]:
    """A legal config; other training arguments make another run."""
    return CONFIG | {"training": CONFIG["training"] | training}


def submit(world: World, who: str = "captain", *, key: str = "", body: Any = None, **training: Any) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    body = body or {"phase": str(world.phase.pk), "config": config(**training)}
    return post(world, who, "submissions/", body, **headers)


def errors(response: Response) -> list[tuple[str, str]]:
    """(code, field) of every field error; the answer must have the one error shape."""
    answer = response.json()
    assert {"code", "message", "hint", "fields"} <= answer.keys()
    return [(field["code"], field["field"]) for field in answer["fields"]]
