"""A stranger's whole walk through the product in a real browser, on the real thing: sign-up to leaderboard.

Site, scorer, scheduler, worker, PostgreSQL and Valkey are processes of their own; mail goes through the queue to the
demo's outbox; the submission is really trained. Every page on the way is inspected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.inspection import inspect_in_both_themes
from tests.browser.watched import Watched
from tests.factories import PASSWORD
from tests.services.conftest import Event, event_on

pytestmark = [pytest.mark.services, pytest.mark.browser, pytest.mark.torch, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory, models: tuple[Path, Path]) -> Iterator[Event]:
    with event_on(tmp_path_factory.mktemp("stack"), models, HACKTUNE_MAIL="outbox") as event:
        event.stack.start_worker(enrolment_token=event.enrolment_tokens[0])
        yield event


@pytest.fixture
def watched(chromium: Browser, event: Event) -> Iterator[Watched]:
    with Watched.on(chromium, event.stack.url) as windows:
        yield windows


class Walker:
    """One person's window, and what an inspection of each page that they come to has found."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.main = page.locator("main")
        self.found: dict[str, Any] = {}

    def sees(self, name: str) -> None:
        if problems := inspect_in_both_themes(self.page):
            self.found[name] = problems

    def opens(self, path: str, name: str) -> None:
        self.page.goto(self.address + path)
        self.sees(name)

    def clicks(self, what: Locator, name: str) -> None:
        """Click what leads to another page, and inspect that page."""
        with self.page.expect_navigation():
            what.click()
        self.sees(name)

    def presses(self, button: str, name: str) -> None:
        self.clicks(self.main.get_by_role("button", name=button, exact=True), name)

    def follows_mail(self, to: str, link: str, name: str) -> None:
        """Look into the outbox until a mail to that address with such a link is there, and follow it."""
        found = self.page.locator("li", has_text=to).locator(f".mail a[href*='{link}']")
        for _try in range(40):
            self.page.goto(f"{self.address}/outbox/")
            if found.count():
                break
            self.page.wait_for_timeout(250)
        self.sees("outbox")
        self.clicks(found.first, name)

    def signs_up(self, name: str, email: str) -> None:
        self.opens("/", "home, not signed in")
        self.clicks(self.page.get_by_role("banner").get_by_role("link", name="Sign up"), "sign-up")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password1]", PASSWORD)
        self.clicks(self.main.locator("button.primary"), "sent")
        self.follows_mail(email, "/confirm/", "confirm")
        self.clicks(self.main.locator("button.primary"), "home")
        assert name in self.page.inner_text("header")


@pytest.mark.parametrize("width", [1280, 390])
def test_from_sign_up_to_the_leaderboard(event: Event, watched: Watched, width: int) -> None:
    team, captain, member = f"Walkers {width}", f"ada{width}@example.org", f"bob{width}@example.org"
    ada, bob = (Walker(watched.open("/", width=width), event.stack.url) for _person in ("ada", "bob"))

    ada.signs_up("Ada Walker", captain)
    ada.clicks(ada.main.locator("a[href^='/h/']").first, "hackathon")
    ada.clicks(ada.main.get_by_role("link", name="Join").first, "take part")
    ada.page.get_by_label("for an organization").check()
    ada.page.get_by_label("Name of the organization").fill("University of Walkers")
    ada.presses("Join", "hackathon, taking part")
    ada.clicks(ada.main.get_by_role("link", name="Create a team").first, "create a team")
    ada.page.fill("[name=name]", team)
    ada.presses("Create the team", "team")
    ada.page.fill("[name=email]", member)
    ada.presses("Create an invitation", "invited")
    assert "/i/" in ada.page.inner_text("#invitation-link")

    bob.signs_up("Bob Walker", member)
    bob.follows_mail(member, "/i/", "invitation")
    bob.page.get_by_label("on my own").check()
    bob.presses("Join the team", "team of two")
    assert {"Ada Walker", "Bob Walker"} <= set(re.findall(r"\w+ Walker\b", bob.page.inner_text("table")))

    ada.opens(f"/c/{event.challenge}/", "challenge")
    ada.clicks(ada.main.get_by_role("link", name="Submit").first, "submit")
    ada.presses("head", "submit with the method head")
    ada.page.get_by_label("num_train_epochs").fill("40" if width == 1280 else "41")
    ada.page.get_by_label("note").fill("from the browser")
    ada.presses("Validate", "checked")
    ada.presses("Submit", "queued")
    submission = ada.page.url
    ada.page.evaluate("window.isTheSamePage = true")
    ada.page.wait_for_selector("figure.chart[data-drawn]", timeout=60_000)
    ada.page.wait_for_selector(".state-succeeded", timeout=90_000)
    ada.page.wait_for_selector("h2:has-text('Validation report')")
    assert ada.page.evaluate("window.isTheSamePage"), "no reload was needed"
    assert ada.page.url == submission
    ada.sees("report")

    bob.opens(f"/c/{event.challenge}/leaderboard/", "leaderboard")
    own = bob.page.locator("tr.own").inner_text()
    assert team in own
    assert re.search(r"\d\.\d+ ± \d\.\d+", own)
    bob.opens("/submissions/", "submissions")
    assert "from the browser" in bob.page.inner_text("main")
    assert (ada.found, bob.found) == ({}, {})
