"""`/healthz` and `/readyz`, and the program that asks them inside a container."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import patch

import environ
import pytest
from celery import Celery
from django.conf import LazySettings
from django.core.cache.backends.redis import RedisCache
from django.db import ConnectionHandler, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils.connection import ConnectionProxy

from hackathon.web import probes
from tests.api import EVERYBODY
from tests.factories import World
from tests.pages import browser_of
from tests.s3 import Bucket, S3Server
from tests.stack import REPOSITORY

PATIENCE_SECONDS = probes.PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With time for every answer, however busy the machine is."""
    monkeypatch.setattr(probes, "PATIENCE_SECONDS", 60.0)
    probes.forget()
    yield
    probes.forget()


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
        "cache": "reachable",
        "broker": "reachable",
        "files": "reachable",
    }
    assert [browser.post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]


@pytest.mark.django_db
def test_not_ready_without_a_database_and_no_word_of_why() -> None:
    with patch.object(BaseDatabaseWrapper, "cursor", side_effect=OperationalError("password of user x at 10.0.0.1")):
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() | {"cache": "", "broker": "", "files": ""} == {
        "status": "not ready",
        "database": "unreachable",
        "migrations": "unknown",
        "cache": "",
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
    assert response.json()["status"] == "degraded"


@pytest.mark.django_db
def test_a_store_that_is_away_or_refuses_our_key_is_told_and_pages_go_on(files_in_s3: S3Server) -> None:
    assert Client().get("/readyz").json()["files"] == "reachable"
    probes.QUESTIONS["files"].forget()
    files_in_s3.fault = 403
    try:
        response = Client().get("/readyz")
    finally:
        files_in_s3.fault = 0
    assert (response.status_code, response.json()["files"]) == (200, "unreachable")


@pytest.mark.django_db
def test_pages_and_nodes_go_on_without_the_cache() -> None:
    with patch("django.core.cache.backends.locmem.LocMemCache.get", side_effect=ConnectionRefusedError):
        response = Client().get("/readyz")
        assert Client().get("/").status_code == 200
    assert (response.status_code, response.json()["cache"]) == (200, "unreachable")
    assert response.json()["status"] == "degraded"


@pytest.mark.django_db
def test_migrations_are_looked_up_once() -> None:
    assert Client().get("/readyz").status_code == 200
    with patch.object(MigrationExecutor, "migration_plan", side_effect=AssertionError):
        assert Client().get("/readyz").status_code == 200


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


def _silent(what: str, port: int, settings: LazySettings) -> AbstractContextManager[Any]:
    """That one helper of the site is at this port."""
    if what == "files":
        store = S3Server(url=f"http://127.0.0.1:{port}").options(Bucket("b", "k", "s"), "models")
        settings.STORAGES |= {"models": {"BACKEND": "hackathon.files.bucket.PrivateBucket", "OPTIONS": store}}
        return nullcontext()
    if what == "database":
        handler = ConnectionHandler({"default": environ.Env.db_url_config(f"postgres://u:p@127.0.0.1:{port}/x")})
        return patch.object(probes, "connection", ConnectionProxy(handler, "default"))
    if what == "cache":
        return patch.object(probes, "cache", RedisCache(f"redis://127.0.0.1:{port}", {}))
    return patch.object(probes, "current_app", Celery(broker=f"redis://127.0.0.1:{port}"))


@pytest.mark.django_db
@pytest.mark.parametrize(("what", "status"), [("database", 503), ("cache", 200), ("broker", 200), ("files", 200)])
def test_it_answers_within_a_second_whatever_hangs(
    silent_port: int, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, what: str, status: int
) -> None:
    assert PATIENCE_SECONDS < 1
    monkeypatch.setattr(probes, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    Client().get("/readyz")
    probes.forget()
    with _silent(what, silent_port, settings):
        for _ in range(2):  # the second finds the first question still on its way
            response = Client().get("/readyz")
            assert not (probes.QUESTIONS | {"database": probes.database})[what].put().done(), "it was not waited for"
            assert response.status_code == status
            told = response.json()
            assert told.pop("status") == ("degraded" if status == 200 else "not ready")
            assert [name for name, state in told.items() if state == "unreachable"] == [what]


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
