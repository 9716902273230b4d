"""A stranger's whole walk through the product in a real browser, on the real thing: sign-up to leaderboard.

Site, scorer, beat, worker, PostgreSQL and Valkey are processes of their own; mail goes through the queue to the demo's
outbox; the submission is really trained. Every page on the way is inspected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Watched, chromium
from tests.browser.inspection import inspect_in_both_themes
from tests.factories import PASSWORD
from tests.services.conftest import Event, event_on

__all__ = ["chromium"]
pytestmark = [pytest.mark.services, pytest.mark.browser, pytest.mark.torch, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory, models: tuple[Path, Path]) -> Iterator[Event]:
    with event_on(tmp_path_factory.mktemp("stack"), models, HACKTUNE_MAIL="outbox") as event:
        event.stack.start_worker(enrolment_token=event.enrolment_tokens[0])
        yield event


@pytest.fixture
def watched(chromium: Browser, event: Event) -> Iterator[Watched]:
    """At the end there must have been no console message, CSP report or foreign request."""
    windows = Watched(chromium, event.stack.url)
    yield windows
    windows.close()
    assert windows.problems == []


class Walker:
    """One person's window, and what an inspection of each page that they see has found."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.found: dict[str, Any] = {}

    def sees(self, name: str) -> None:
        if problems := inspect_in_both_themes(self.page):
            self.found[name] = problems

    def follows_mail(self, to: str, link: str) -> None:
        """Look into the outbox until a mail to that address with such a link is there, and follow it."""
        found = self.page.locator("li", has_text=to).locator(f".mail a[href*='{link}']")
        for _try in range(40):
            self.page.goto(f"{self.address}/outbox/")
            if found.count():
                break
            self.page.wait_for_timeout(250)
        self.sees("outbox")
        found.first.click()

    def signs_up(self, name: str, email: str) -> None:
        self.page.goto(f"{self.address}/")
        self.sees("home, not signed in")
        self.page.click("text=Sign up")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password1]", PASSWORD)
        self.sees("sign-up")
        self.page.click("main button.primary")
        self.sees("sent")
        self.follows_mail(email, "/confirm/")
        self.sees("confirm")
        self.page.click("main button.primary")
        self.page.wait_for_selector(f"text={name}")
        self.sees("home")

    def does(self, button: str, page: str) -> None:
        """Press the button, then inspect the page that follows."""
        self.page.locator("main").get_by_role("button", name=button, exact=True).click()
        self.page.wait_for_load_state()
        self.sees(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_from_sign_up_to_the_leaderboard(event: Event, watched: Watched, width: int) -> None:
    team, captain, member = f"Walkers {width}", f"ada{width}@example.org", f"bob{width}@example.org"
    ada, bob = (Walker(watched.open("/", width=width), event.stack.url) for _person in ("ada", "bob"))

    ada.signs_up("Ada Walker", captain)
    ada.page.click("main a[href*='/h/']")
    ada.sees("hackathon")
    ada.page.locator("main").get_by_role("link", name="Take part").first.click()
    ada.sees("take part")
    ada.does("Take part", "create a team")
    ada.page.get_by_label("name").fill(team)
    ada.does("Create the team", "team")
    ada.page.get_by_label("E-mail").fill(member)
    ada.does("Create an invitation", "invited")
    assert "/i/" in ada.page.inner_text("#invitation-link")

    bob.signs_up("Bob Walker", member)
    bob.follows_mail(member, "/i/")
    bob.sees("invitation")
    bob.does("Join the team", "team of two")
    assert "Ada Walker" in bob.page.inner_text("main")
    assert "Bob Walker" in bob.page.inner_text("main")

    ada.page.goto(f"{ada.address}/c/{event.challenge}/")
    ada.sees("challenge")
    ada.page.locator("main").get_by_role("link", name="Submit").first.click()
    ada.sees("submit")
    ada.does("head", "submit with the method head")
    ada.page.get_by_label("num_train_epochs").fill("40" if width == 1280 else "41")
    ada.page.get_by_label("note").fill("from the browser")
    ada.does("Check it", "checked")
    ada.does("Submit", "queued")
    submission = ada.page.url
    ada.page.wait_for_selector(".state-running", timeout=60_000)
    ada.page.wait_for_selector("figure.chart[data-drawn]", timeout=60_000)
    ada.sees("running")
    ada.page.wait_for_selector(".state-succeeded", timeout=90_000)
    ada.page.wait_for_selector("h2:has-text('Validation')")
    ada.sees("report")
    assert ada.page.url == submission, "nobody has loaded the page again"

    bob.page.goto(f"{bob.address}/c/{event.challenge}/leaderboard/")
    own = bob.page.locator("tr.own")
    assert team in own.inner_text()
    assert re.search(r"\d\.\d+ ± \d\.\d+", own.inner_text())
    bob.sees("leaderboard")
    bob.page.goto(f"{bob.address}/submissions/")
    assert "from the browser" in bob.page.inner_text("main")
    bob.sees("submissions")
    assert (ada.found, bob.found) == ({}, {})
