"""Windows that keep every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from hackathon.models import User


class Watched:
    """Browser windows whose every complaint and every request off the site is kept."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.problems: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(
        self, path: str, *, user: User | None = None, width: int = 1280, scheme: str = "light", **options: Any
    ) -> Page:
        options = {"timezone_id": "Europe/Berlin"} | options
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
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

    @classmethod
    @contextmanager
    def on(cls, browser: Browser, address: str) -> Iterator[Watched]:
        """At the end there must have been no console message, CSP report or foreign request."""
        windows = cls(browser, address)
        yield windows
        for context in windows.contexts:
            context.close()
        assert windows.problems == []
