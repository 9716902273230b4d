"""Twenty clients that wait and ten sockets that never finish, on the real server: nobody else notices."""

from __future__ import annotations

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
