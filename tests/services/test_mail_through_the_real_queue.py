"""Mail with real processes: PostgreSQL, Valkey, site, scorer and scheduler as in the demo."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import psycopg2
import pytest

from tests.servers import postgres_server, valkey_server
from tests.services.conftest import run
from tests.stack import Stack, eventually, stack

pytestmark = [pytest.mark.services, pytest.mark.fault, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("mail")
    with (
        postgres_server() as database_url,
        valkey_server(folder) as valkey,
        stack(folder, database_url, valkey, HACKTUNE_MAIL="outbox") as running,
    ):
        run("django", "migrate", "--verbosity", "0", env=running.env("manage"))
        running.start_site()
        running.start_scorer()
        yield running


def read(url: str, data: bytes | None = None, browser: urllib.request.OpenerDirector | None = None) -> str:
    with (browser or urllib.request.build_opener()).open(url, data, timeout=30) as answer:
        return str(answer.read().decode())


def sign_up(site: Stack, email: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', read(f"{site.url}/signup/", None, browser))
    assert token is not None
    values = {"csrfmiddlewaretoken": token[1], "name": "Ada", "email": email, "password1": "an unusual sentence"}
    assert "/outbox/" in read(f"{site.url}/signup/", urlencode(values).encode(), browser)


def arrival(site: Stack, address: str) -> float:
    """Seconds until a mail to that address is in the outbox."""
    began = time.monotonic()
    eventually(f"mail to {address}", lambda: address in read(f"{site.url}/outbox/") or None, seconds=20)
    return time.monotonic() - began


def write_without_ringing(site: Stack, address: str) -> None:
    query = (
        'INSERT INTO hackathon_outgoingmail (created_at, sender, "to", subject, text, html, attempts, next_attempt_at, '
        "last_error) VALUES (now(), 's@example.org', %s, 'Hello', 'text', '', 0, now(), '')"
    )
    connection = psycopg2.connect(site.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, (address,))
    finally:
        connection.close()


def test_mail_is_there_at_once_and_soon_where_its_wake_up_was_lost(demo: Stack) -> None:
    sign_up(demo, "first@example.org")
    arrival(demo, "first@example.org")  # the scorer may still be starting
    sign_up(demo, "second@example.org")
    assert arrival(demo, "second@example.org") < 1.5
    write_without_ringing(demo, "third@example.org")
    assert arrival(demo, "third@example.org") < 4


def test_a_broker_that_was_away_delays_mail_only(demo: Stack) -> None:
    demo.valkey.stop()
    try:
        write_without_ringing(demo, "fourth@example.org")
    finally:
        demo.valkey.start()
    assert arrival(demo, "fourth@example.org") < 15
