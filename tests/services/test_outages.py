"""The site, its database and its cache go away while attempts run, and one node is broken: nobody's work is lost.

On real processes with PostgreSQL and Valkey; the nodes are played by hand, as nothing needs to be trained for it.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest

from tests.services.conftest import LEASE_SECONDS, Event, event_on
from tests.services.hand_node import HandAttempt, HandNode
from tests.stack import eventually

pytestmark = [pytest.mark.services, pytest.mark.fault, pytest.mark.timeout(300)]
OUTAGE = 1.5 * LEASE_SECONDS


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Event]:
    with event_on(tmp_path_factory.mktemp("stack")) as event:
        yield event


@pytest.fixture(scope="module")
def node(event: Event) -> HandNode:
    made = HandNode(event.stack, "by-hand", event.enrolment_tokens.pop())
    event.submit(rank=4)
    base = made.claim()  # the base score goes first; after it the queue holds runs alone
    assert base is not None
    assert base.finish().status == 200
    run = made.claim()
    assert run is not None
    assert run.finish().status == 200
    return made


def start(event: Event, node: HandNode, rank: int) -> tuple[str, HandAttempt]:
    submission = event.submit(rank=rank).body["id"]
    attempt = eventually("a job to claim", node.claim)
    assert attempt.progress().status == 200
    return submission, attempt


def finish(event: Event, submission: str, attempt: HandAttempt) -> None:
    """The attempt goes on as if nothing had happened, and is scored as the first one."""
    eventually("the site answers", lambda: answers(attempt))
    assert attempt.finish().status == 200
    shown = event.wait_for(submission, lambda shown: shown["state"] == "succeeded", "scored")
    assert (shown["attempt"], shown["losses"]) == (1, 0)
    assert event.results(submission) == 1


def answers(attempt: HandAttempt) -> bool:
    try:
        answer = attempt.progress()
    except OSError:
        return False
    assert answer.status in {200, 500, 502, 503}, answer
    return answer.status == 200


@contextmanager
def frozen(processes: list[psutil.Process]) -> Iterator[None]:
    """Stop them, the first first, and let them go on; one that has ended meanwhile is no matter."""
    signal_all(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(processes, signal.SIGCONT)


def signal_all(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def postgres_of(event: Event) -> list[psutil.Process]:
    """The database's own processes: the postmaster and all below it."""
    connection = psycopg2.connect(event.stack.database_url)
    try:
        postmaster = psutil.Process(connection.info.backend_pid).parent()
    finally:
        connection.close()
    assert postmaster is not None
    return [postmaster, *postmaster.children(recursive=True)]


def test_the_site_away_for_more_than_a_lease_costs_no_attempt(event: Event, node: HandNode) -> None:
    submission, attempt = start(event, node, 5)
    event.stack.kill("site")
    event.stack.supervisor.end("site")
    time.sleep(OUTAGE)
    event.stack.start_site()
    finish(event, submission, attempt)


def test_the_site_frozen_for_more_than_a_lease_costs_no_attempt(event: Event, node: HandNode) -> None:
    submission, attempt = start(event, node, 6)
    site = event.stack.program("site")
    with frozen([site, *site.children(recursive=True)]):
        time.sleep(OUTAGE)
    finish(event, submission, attempt)


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="freezes the database server, which is not the test's own")
def test_the_database_frozen_for_more_than_a_lease_costs_no_attempt(event: Event, node: HandNode) -> None:
    submission, attempt = start(event, node, 7)
    with frozen(postgres_of(event)):
        time.sleep(OUTAGE)
    finish(event, submission, attempt)


def test_cache_and_broker_frozen_or_emptied_cost_no_attempt(event: Event, node: HandNode) -> None:
    import redis

    submission, attempt = start(event, node, 8)
    valkey = psutil.Process(event.stack.valkey.supervisor.pids["valkey"]).children()
    with frozen(valkey):
        until = time.monotonic() + OUTAGE
        while time.monotonic() < until:
            assert attempt.progress().status == 200
            time.sleep(1)
    redis.Redis.from_url(event.stack.valkey.cache_url).flushall()
    finish(event, submission, attempt)


def test_after_all_that_a_silent_node_is_still_noticed(event: Event, node: HandNode) -> None:
    submission, _attempt = start(event, node, 9)
    event.wait_for(submission, lambda shown: shown["state"] == "queued", "swept", seconds=30)
    again = eventually("claimed again", node.claim)
    assert again.finish().status == 200
    event.wait_for(submission, lambda shown: shown["state"] == "succeeded", "scored")


def test_a_site_that_is_killed_in_an_upload_takes_the_repeat(event: Event, node: HandNode) -> None:
    submission, attempt = start(event, node, 10)
    place = urlsplit(event.stack.url)
    with socket.create_connection((place.hostname, place.port)) as sender:
        sender.sendall(attempt.half_an_upload)
        time.sleep(0.5)
        event.stack.kill("site")
    event.stack.supervisor.end("site")
    event.stack.start_site()
    finish(event, submission, attempt)


def test_a_broken_node_beside_a_healthy_one_is_set_aside_and_quarantines_nothing(event: Event, node: HandNode) -> None:
    bad = HandNode(event.stack, "broken", event.enrolment_tokens.pop())
    event.sql("UPDATE hackathon_phase SET queued = 100, per_day = 100, total = 1000, compute_seconds = 1000000")
    submissions = [event.submit(rank=rank).body["id"] for rank in range(11, 21)]
    healthy = node.claim()  # it is at work meanwhile
    assert healthy is not None
    refused = None
    for _time in range(6):
        answer = bad.ask()
        if answer.status == 403:
            refused = answer.body
            break
        if answer.status == 200:
            HandAttempt.of(event.stack, answer).lose()
    assert refused is not None
    assert refused["code"] == "node_set_aside"
    assert "exit code -9" in refused["message"]

    assert healthy.finish().status == 200

    def all_scored() -> bool:
        while (attempt := node.claim()) is not None:
            assert attempt.finish().status == 200
        states = {event.show(submission)["state"] for submission in submissions}
        assert "quarantined" not in states
        return states == {"succeeded"}

    eventually("all scored", all_scored, 120)
