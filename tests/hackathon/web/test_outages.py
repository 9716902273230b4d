"""An outage of what the site rests on is 503 with a time to ask again, wherever in a request it shows."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError
from django.test import Client
from redis.exceptions import ConnectionError as CacheGone
from redis.exceptions import ResponseError, TimeoutError

from hackathon.web.outages import outage_behind

GONE = [
    OperationalError('connection to server at "10.0.0.1", port 5432 failed: Connection refused'),
    OperationalError("server closed the connection unexpectedly"),
    OperationalError("database is locked"),
    InterfaceError("connection already closed"),
    CacheGone("Error 111 connecting to cache:6379"),
    TimeoutError("Timeout reading from socket"),
]
OURS = [
    OperationalError("no such table: hackathon_user"),
    OperationalError("no such column: x"),
    OperationalError('near "x": syntax error'),
    ProgrammingError("relation does not exist"),
    DataError("integer out of range"),
    ResponseError("wrong number of arguments"),
    ConnectionRefusedError(),
    KeyError("x"),
]


@pytest.mark.parametrize("error", GONE, ids=str)
def test_an_outage_is_one(error: Exception) -> None:
    assert outage_behind(error) is not None


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_a_fault_of_ours_is_none(error: Exception) -> None:
    assert outage_behind(error) is None


def raising(error: Exception) -> Callable[..., object]:
    def call(*_args: object, **_kwargs: object) -> object:
        raise error

    return call


@pytest.mark.parametrize("error", GONE, ids=str)
@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/", "evaluation.views.db_now"),  # a view
        ("/login/", "hackathon.web.zones.viewer_zone"),  # a middleware
        ("/api/submissions/", "hackathon.api.authentication.ApiTokenAuthentication.authenticate"),
        ("/api/worker/claim/", "submissions.worker_api.views.find_node"),
        ("/api/worker/files/x", "submissions.worker_api.views.read_signature"),
    ],
)
def test_wherever_it_shows(path: str, where: str, error: Exception) -> None:
    client = Client(raise_request_exception=False, headers={"Authorization": "Bearer htw_x"})
    method = client.post if path == "/api/worker/claim/" else client.get
    with patch(where, raising(error)):
        response = method(path)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    text = response.content.decode()
    assert "10.0.0.1" not in text
    assert "cache:6379" not in text
    if path.startswith("/api/"):
        assert response.json()["code"] == "unavailable"
    else:
        assert "is not available at the moment" in text


@pytest.mark.parametrize("path", ["/", "/api/submissions/"])
def test_other_faults_stay_500(path: str) -> None:
    where = "evaluation.views.db_now" if path == "/" else "hackathon.api.authentication.bearer_token"
    with patch(where, raising(DataError("integer out of range"))):
        response = Client(raise_request_exception=False).get(path)
    assert (response.status_code, response.get("Retry-After")) == (500, None)
