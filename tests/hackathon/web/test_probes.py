"""`/healthz` and `/readyz`, and the program that asks them inside a container."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest.mock import patch

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from hackathon.web import probes
from tests.api import EVERYBODY
from tests.factories import World
from tests.pages import browser_of
from tests.s3 import S3Server
from tests.stack import REPOSITORY


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    for remembered in (probes.migrations_applied, probes.broker_reachable, probes.store_reachable):
        remembered.forget()
    yield
    for remembered in (probes.migrations_applied, probes.broker_reachable, probes.store_reachable):
        remembered.forget()


def test_healthz_answers_without_a_database() -> None:  # this test has none: a query would fail it
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("who", EVERYBODY)
def test_both_answer_everybody_the_same(world: World, who: str) -> None:
    browser = browser_of(world, who)
    assert browser.get("/healthz").json() == {"status": "ok"}
    assert browser.get("/readyz").json() == {
        "status": "ready",
        "database": "ok",
        "migrations": "applied",
        "broker": "reachable",
        "files": "reachable",
    }
    assert [browser.post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]


@pytest.mark.django_db
def test_not_ready_without_a_database_and_no_word_of_why() -> None:
    with patch.object(connection, "cursor", side_effect=OperationalError("password of user x at 10.0.0.1")):
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() | {"broker": "", "files": ""} == {
        "status": "not ready",
        "database": "unreachable",
        "migrations": "unknown",
        "broker": "",
        "files": "",
    }
    assert Client().get("/readyz").status_code == 200


@pytest.mark.django_db
def test_not_ready_before_the_migrations_and_ready_right_after() -> None:
    with patch.object(MigrationExecutor, "migration_plan", return_value=["one"]):
        response = Client().get("/readyz")
    assert (response.status_code, response.json()["migrations"]) == (503, "pending")
    assert Client().get("/readyz").json()["migrations"] == "applied"


@pytest.mark.django_db
def test_a_missing_broker_is_told_and_does_no_harm() -> None:
    with patch("celery.app.base.Celery.connection_for_write", side_effect=ConnectionRefusedError):
        response = Client().get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (200, "unreachable")


@pytest.mark.django_db
def test_a_store_that_is_away_or_refuses_our_key_is_told_and_pages_go_on(files_in_s3: S3Server) -> None:
    assert Client().get("/readyz").json()["files"] == "reachable"
    probes.store_reachable.forget()
    files_in_s3.fault = 403
    try:
        response = Client().get("/readyz")
    finally:
        files_in_s3.fault = 0
    assert (response.status_code, response.json()["files"]) == (200, "unreachable")


@pytest.mark.django_db
def test_when_ready_it_costs_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    Client().get("/readyz")
    with django_assert_num_queries(1):
        assert Client().get("/readyz").status_code == 200


def test_neither_is_sent_to_https(settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/login/").status_code == 301


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["site:8001", "10.0.0.7", "evil.example", "", "a b", "[::1", "x" * 300, "h\u00e9.example"]
)
def test_both_answer_under_any_name(host: str) -> None:
    for path in ("/healthz", "/readyz"):
        assert Client().get(path, headers={"Host": host}).status_code == 200
    assert Client().get("/metrics", headers={"Host": host}).status_code == 404  # there is none without a token
    assert Client().get("/login/", headers={"Host": "evil.example"}).status_code == 400


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "code"), [("/readyz", 0), ("/other", 1)])
def test_the_probe_as_a_program(port: int, path: str, code: int) -> None:
    assert _run(port, path) == code


def test_the_probe_fails_where_nobody_listens() -> None:
    assert _run(1, "/readyz") == 1


def _run(port: int, path: str) -> int:
    argv = [sys.executable, "-m", "hackathon.serving.probe", str(port), path]
    return subprocess.run(argv, cwd=REPOSITORY, env={}, capture_output=True, check=False).returncode
