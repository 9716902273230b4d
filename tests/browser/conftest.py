"""A real browser against a real server. Without chromium these tests skip, and say so."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from hackathon.models import User

from .chromium import ARGS, find_chromium

CHROMIUM = find_chromium()

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        warnings.warn("NO CHROMIUM ON PATH: the browser tests did not run (apt-get install chromium)", stacklevel=1)
        pytest.skip("NO CHROMIUM ON PATH: the browser tests did not run (apt-get install chromium)")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop lives in this thread; Django only looks
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *sandbox])
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Watched:
    """Browser windows whose every complaint and every request off the site is kept."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.problems: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(
        self, path: str, *, user: User | None = None, width: int = 1280, scheme: str = "light", **options: Any
    ) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, timezone_id="Europe/Berlin", **options
        )
        self.contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            value = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}])
        page = context.new_page()
        page.on(
            "console", lambda m: self.problems.append(f"{path}: {m.text}") if m.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda e: self.problems.append(f"{path}: {e}"))
        page.on("request", lambda r: None if r.url.startswith((self.address, "data:")) else self.problems.append(r.url))
        page.goto(self.address + path)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def watched(chromium: Browser, live_server: Any) -> Iterator[Watched]:
    """Opens pages; at the end there must have been no console message, CSP report or foreign request."""
    windows = Watched(chromium, live_server.url)
    yield windows
    windows.close()
    assert windows.problems == []
