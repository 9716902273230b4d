"""What may be large: an upload to an address that the site has signed, while it is valid."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from hackathon.clock import db_now
from submissions.worker_api.uploads import longest_body
from tests.api import submit
from tests.factories import World
from tests.submissions.worker_api.node_http import Attempt, claim_run, enrol
from training_worker.contract.wire import OUTPUTS, PREDICTIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(world: World) -> Attempt:
    submit(world)
    return claim_run(enrol())


def test_an_output_may_be_as_large_as_its_kind(attempt: Attempt) -> None:
    for name, limit in OUTPUTS.items():
        assert longest_body("PUT", attempt.url_of(name)) == limit


@pytest.mark.parametrize("method", ["GET", "POST", "put", "DELETE"])
def test_other_methods_are_no_uploads(attempt: Attempt, method: str) -> None:
    assert longest_body(method, attempt.url_of(PREDICTIONS)) == 0


def test_forged_expired_and_foreign_addresses_are_no_uploads(attempt: Attempt) -> None:
    upload, download = attempt.url_of(PREDICTIONS), attempt.claim.spec.files.data[0].url
    others = [upload[:-1], upload + "x", "/" + upload, upload + "/", "/api/worker/files/", "/", "", "\x00", "/\ud800"]
    assert [longest_body("PUT", path) for path in (download, *others)] == [0] * (1 + len(others))
    with time_machine.travel(db_now() + timedelta(minutes=16)):
        assert longest_body("PUT", upload) == 0


def test_an_upload_that_began_in_time_may_end_later(attempt: Attempt) -> None:
    """The web server hands it over when it is whole, and says how long that took."""
    with time_machine.travel(db_now() + timedelta(minutes=16)):
        late = Client().put(attempt.url_of(PREDICTIONS), b"x", "application/octet-stream")
        begun_in_time = Client().put(
            attempt.url_of(PREDICTIONS), b"x", "application/octet-stream", **{"hacktune.receive_seconds": 120.0}
        )
    assert (late.status_code, begun_in_time.status_code) == (404, 422)  # the second is read: its sha256 is wrong


def test_nodes_read_and_write_at_whichever_address_they_use(attempt: Attempt) -> None:
    files = attempt.claim.spec.files
    addresses = [ref.url for ref in (*files.data, *files.model.files, *files.outputs)]
    assert all(address.startswith("/api/worker/files/") for address in addresses)
