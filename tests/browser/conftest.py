"""A real browser against pytest's own server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.watched import Watched


@pytest.fixture
def watched(chromium: Browser, live_server: Any) -> Iterator[Watched]:
    """Opens pages; at the end there must have been no console message, CSP report or foreign request."""
    with Watched.on(chromium, live_server.url) as windows:
        yield windows
