"""Twenty clients that wait and ten sockets that never finish, on the real server: nobody else notices."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator

import pytest

from tests.services.conftest import LEASE_SECONDS, Event, event_on
from tests.services.crowd import besiege

pytestmark = [pytest.mark.services, pytest.mark.fault, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Event]:
    with event_on(tmp_path_factory.mktemp("stack")) as event:
        yield event


def test_waiting_clients_and_slow_sockets_cost_no_probe_and_no_lease(event: Event) -> None:
    siege = besiege(event, seconds=4 * LEASE_SECONDS)
    assert (siege.failed_probes, siege.unanswered, siege.lost_leases) == (0, 0, 0)
    assert siege.posts > 4 * LEASE_SECONDS / 2, "the node got through all the time"
    assert max(max(seconds) for seconds in siege.probes.values()) < LEASE_SECONDS


def test_a_chunked_body_is_a_body(event: Event) -> None:
    """As curl and Go's client send what they do not know the length of."""
    body = json.dumps({"phase": event.phase, "config": {"base_model": "tiny-bert"}}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", event.stack.port, timeout=30)
    headers = {"Authorization": event.tokens["captain"], "Content-Type": "application/json"}
    connection.request("POST", "/api/submissions/validate/", iter([body[:9], body[9:]]), headers, encode_chunked=True)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert (answer.status, {field["field"] for field in told["fields"]}) == (400, {"method"}), told


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "X-Script-Name", "X-Forwarded-Prefix", "PATH_INFO"])
def test_no_header_moves_the_site_below_a_path(event: Event, name: str) -> None:
    request = urllib.request.Request(f"{event.stack.url}/", headers={name: "/elsewhere"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert (answer.status, b"/elsewhere" in answer.read()) == (200, False)


def test_a_name_from_inside_reaches_the_probes_alone(event: Event) -> None:
    for path, status in (("/healthz", 200), ("/readyz", 200), ("/login/", 400)):
        connection = http.client.HTTPConnection("127.0.0.1", event.stack.port, timeout=30)
        connection.request("GET", path, headers={"Host": "site:8000"})
        assert connection.getresponse().status == status, path
        connection.close()
