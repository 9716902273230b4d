"""The servers that other tests build on."""

import os
import time
from contextlib import closing
from pathlib import Path

import environ
import psycopg2
import pytest
import redis
from kombu import Connection

from hackathon.serving import valkey
from tests import servers
from tests.servers import postgres_server, valkey_server

pytestmark = pytest.mark.services


def test_valkey_serves_broker_and_cache_apart(tmp_path: Path) -> None:
    with valkey_server(tmp_path) as server:
        assert server.socket.stat().st_mode & 0o777 == 0o700
        with (
            redis.Redis.from_url(server.cache_url) as cache,
            redis.Redis(unix_socket_path=str(server.socket)) as broker,
        ):
            broker.rpush("queue", "wake up")
            cache.flushdb()
            assert broker.llen("queue") == 1
    assert not valkey.is_ready(server.socket)


def test_valkey_keeps_what_it_was_given_over_a_restart(tmp_path: Path) -> None:
    with valkey_server(tmp_path) as server:
        with redis.Redis.from_url(server.cache_url) as client:
            client.set("answer", 42)
        server.stop()
        assert not valkey.is_ready(server.socket)
        server.start()
        with redis.Redis.from_url(server.cache_url) as client:
            assert client.get("answer") == b"42"


def test_celery_reaches_the_broker_by_its_url(tmp_path: Path) -> None:
    unusual = tmp_path / "a b#c%20ü"
    with valkey_server(tmp_path) as server:
        unusual.symlink_to(server.socket)
        for url in (server.broker_url, valkey.broker_url(unusual)):
            with Connection(url) as connection, closing(connection.SimpleQueue("doorbell")) as queue:
                queue.put({"wake": "up"})
                assert queue.get(timeout=2).payload == {"wake": "up"}


def connect(url: str) -> "psycopg2.extensions.connection":
    """Connect the way the settings do: the URL through django-environ, the parts to Django's PostgreSQL backend."""
    config = environ.Env.db_url_config(url)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    given = {ours: config[theirs] for theirs, ours in names.items() if config.get(theirs)}
    return psycopg2.connect(**(config.get("OPTIONS", {}) | given))


def test_postgres_serves_by_url_and_stops_under_open_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with postgres_server() as url:
        connection = connect(url)
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            assert cursor.fetchone() == ("UTF8",)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    connection.close()
    with pytest.raises(psycopg2.OperationalError):
        connect(url)


def test_postgres_of_a_folder_that_only_its_owner_may_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(servers, "_is_open_to_all", lambda path: False)
    with postgres_server() as url:
        connect(url).close()


def test_postgres_of_the_environment_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://someone@db.example/name")
    with postgres_server() as url:
        assert url == os.environ["DATABASE_URL"]
