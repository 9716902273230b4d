"""A name whose letters run from right to left turns no word beside it: wherever it stands, it is isolated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import timezone

from hackathon.models import BaseModel, Challenge, Hackathon, Organization, Phase, User
from hackathon.services.participation import join_hackathon
from submissions.enums import JobState
from submissions.services.annotate import annotate_submission
from submissions.services.transitions import move
from teams.models import Team
from teams.services.invitations import create_invitation
from tests.evaluation.scored import make_result, submit
from tests.factories import TeamFactory, World
from tests.mails import delivered
from tests.pages import browser_of, html, page

pytestmark = pytest.mark.django_db

HEBREW = re.compile(r"[א-ת]+")
ALONE = {"script", "textarea"}
"""Elements whose whole text is data, not a sentence."""


class NotIsolated(HTMLParser):
    """Collects the places of a page where such a name stands without <bdi> around it or U+2068 and U+2069."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []
        self.count = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in {"img", "input", "meta", "link", "br", "path", "circle"}:
            self.open.append(tag)
        for name, value in attrs:
            if name not in {"href", "value", "data-echarts"}:
                self._look(value or "", f"{tag}[{name}]")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        is_alone = self.open[-1:] == ["option"] and HEBREW.fullmatch(data.strip())
        if not is_alone and not {"bdi", *ALONE} & set(self.open):
            self._look(data, " ".join(self.open[-3:]))
        elif "bdi" in self.open and HEBREW.search(data):
            self.count += 1

    def _look(self, text: str, where: str) -> None:
        bare = re.sub(r"\u2068[^\u2069]*\u2069", "", text)
        if HEBREW.search(bare):
            self.found.append(f"{where}: {text.strip()[:80]}")


def not_isolated(text: str) -> list[str]:
    parser = NotIsolated()
    parser.feed(text)
    assert parser.count, "no name is on this page"
    return parser.found


@pytest.fixture
def turned(world: World) -> World:
    """A world in which everything that has a name has one from right to left."""
    for team in (world.team, world.rivals):
        make_result(world, team=team, public=0.5)
    running = submit(world, team=world.rivals, rate=0.02)
    assert move(running, JobState.RUNNING, now=timezone.now(), reason="claimed", attempt=1, started_at=timezone.now())
    failed = submit(world, rate=0.03)
    assert move(failed, JobState.RUNNING, now=timezone.now(), reason="claimed", attempt=1, started_at=timezone.now())
    assert move(failed, JobState.QUARANTINED, now=timezone.now(), reason="lost too often")
    submit(world, rate=0.04)
    TeamFactory.create(hackathon=world.hackathon)
    for model, column in (
        *((User, "name"), (Organization, "name"), (Hackathon, "name"), (Challenge, "title"), (Phase, "name")),
        *((Team, "name"), (BaseModel, "name")),
    ):
        for number, row in enumerate(model._default_manager.all()):
            letter = chr(ord("א") + number)
            type(row)._default_manager.filter(pk=row.pk).update(**{column: f"שם{letter}"})
    for row in ("team", "rivals", "hackathon", "challenge", "phase"):
        getattr(world, row).refresh_from_db()
    assert running.submission is not None
    assert failed.submission is not None
    annotate_submission(submission=failed.submission, user=world.captain, tags=["תג"])
    return world


@pytest.mark.parametrize("who", ["captain", "organizer", "outsider"])
def test_pages(turned: World, who: str) -> None:
    slug, challenge = turned.hackathon.slug, turned.challenge.slug
    run = turned.team.submissions.first()
    assert run is not None
    addresses = ["/", f"/h/{slug}/", f"/c/{challenge}/", f"/c/{challenge}/leaderboard/", f"/c/{challenge}/submit/"]
    if who != "outsider":
        addresses += ["/submissions/", f"/s/{run.pk}/", f"/t/{turned.team.pk}/", "/account/"]
    else:
        addresses += [f"/h/{slug}/join/"]
    if who == "organizer":
        addresses += [f"/h/{slug}/dashboard/", "/workers/"]
    found = {}
    for address in addresses:
        response = page(turned, who, address)
        if response.status_code == 200 and (places := not_isolated(html(response))):
            found[address] = places
    assert found == {}


def test_forms_of_a_team(turned: World) -> None:
    _row, link = create_invitation(team=turned.team, user=turned.captain, email=turned.outsider.email)
    assert not_isolated(html(browser_of(turned, "outsider").get(f"/i/{link.partition('/i/')[2]}"))) == []
    run = turned.team.submissions.first()
    assert run is not None
    assert not_isolated(html(browser_of(turned, "captain").get(f"/s/{run.pk}/edit/"))) == []
    join_hackathon(user=turned.outsider, hackathon=turned.hackathon)
    assert not_isolated(html(page(turned, "outsider", f"/h/{turned.hackathon.slug}/new-team/"))) == []


def test_what_a_page_says_of_the_last_step(turned: World) -> None:
    browser = browser_of(turned, "outsider")
    said = browser.post(f"/h/{turned.hackathon.slug}/join/", {"stands_for": "alone"}, follow=True)
    assert not_isolated(html(said)) == []
    assert f"You have joined \u2068{turned.hackathon.name}\u2069." in html(said)


def test_a_mail(turned: World) -> None:
    create_invitation(team=turned.team, user=turned.captain, email="new@example.org")
    (message,) = delivered()
    assert message.subject == f"Invitation to the team “\u2068{turned.team.name}\u2069”"
    bare = re.sub(r"\u2068[^\u2069]*\u2069", "", f"{message.subject}{message.body}")
    assert not HEBREW.search(bare)
