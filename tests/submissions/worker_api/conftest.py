"""A node that has joined and the attempt that it has claimed, over HTTP."""

from __future__ import annotations

import pytest

from tests.api import submit
from tests.factories import World
from tests.submissions.worker_api.node_http import Attempt, claim_run, enrol


@pytest.fixture
def node(db: None) -> str:
    return enrol()


@pytest.fixture
def attempt(world: World, node: str) -> Attempt:
    """The captain's run, claimed."""
    submit(world)
    return claim_run(node)
