"""The first page: what Hacktune is, for who is not logged in; for who is, their own hackathons before all others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hackathon.enums import Role
from tests.factories import HackathonFactory, ParticipationFactory, World
from tests.pages import EVERYBODY, browser_of, html, page

pytestmark = pytest.mark.django_db


def primary_buttons(text: str) -> list[str]:
    """What the main actions of a page say."""
    main = text[text.index("<main") :]
    found = re.findall(r'<(?:a|button)[^>]* class="[^"]*primary[^"]*"[^>]*>(.*?)</(?:a|button)>', main, re.DOTALL)
    return [" ".join(label.split()) for label in found]


def test_home_sorts_by_time(world: World) -> None:
    now = timezone.now()
    for name, first, last in (("Now", -1, 1), ("Tomorrow", 1, 2), ("Yesterday", -2, -1)):
        starts_at, ends_at = now + timedelta(days=first), now + timedelta(days=last)
        HackathonFactory(name=name, starts_at=starts_at, ends_at=ends_at)
    text = html(page(world, "captain", "/"))
    order = ["Your hackathons", world.hackathon.name, "Running", "Now", "Upcoming", "Tomorrow", "Past", "Yesterday"]
    places = [text.index(f">{word}<") for word in order]
    assert places == sorted(places)


def test_ones_own_hackathon_leads_though_it_has_yet_to_begin(world: World) -> None:
    now = timezone.now()
    own = HackathonFactory(name="Next week", starts_at=now + timedelta(days=7), ends_at=now + timedelta(days=8))
    ParticipationFactory(user=world.outsider, hackathon=own, role=Role.PARTICIPANT)
    text = html(page(world, "outsider", "/"))
    places = [text.index(f">{word}<") for word in ("Your hackathons", "Next week", "Running", world.hackathon.name)]
    assert places == sorted(places)


def test_what_hacktune_is_is_said_to_who_is_not_logged_in(world: World) -> None:
    text = html(page(world, "anonymous", "/"))
    lead = re.search(r'<p class="lead">(.*?)</p>', text, re.DOTALL)
    assert lead is not None
    assert lead[1].count(". ") + lead[1].count(".\n") + lead[1].endswith(".") == 3
    assert text.index("Hackathons for fine-tuning AI models") < text.index(world.hackathon.name)
    assert re.search(r'<figure role="img" aria-label="A config is fine-tuned on GPU nodes, [^"]+leaderboard\."', text)
    assert text.count("<svg ") == 4
    for who in set(EVERYBODY) - {"anonymous"}:
        assert 'class="what-it-is"' not in html(page(world, who, "/"))


def test_the_picture_and_its_words_are_in_the_readers_language(world: World) -> None:
    client = browser_of(world, "anonymous")
    text = html(client.get("/", headers={"Accept-Language": "zh-hans"}))
    figure = text[text.index("<figure") : text.index("</figure>")]
    assert re.findall("[a-z]{4,}", re.sub(r"<[^>]+>", "", figure)) == []
    assert re.findall(r"<span>([^<]+)</span>", figure) == ["配置", "在 GPU 节点上微调", "隐藏测试集", "排行榜"]


@pytest.mark.parametrize(
    ("who", "button"),
    [
        ("anonymous", "Sign up"),
        ("outsider", "Join"),
        ("captain", "Submit a first config"),
        ("organizer", "See the workers"),
    ],
)
def test_a_page_has_one_main_action(world: World, who: str, button: str) -> None:
    for _n in range(2):
        HackathonFactory()
    assert primary_buttons(html(page(world, who, "/"))) == [button]
    if who != "anonymous":
        assert primary_buttons(html(page(world, who, f"/h/{world.hackathon.slug}/"))) == [button]


def test_logging_in_to_join_leads_to_joining(world: World) -> None:
    text = html(page(world, "anonymous", f"/h/{world.hackathon.slug}/"))
    assert f'href="/login/?next=%2Fh%2F{world.hackathon.slug}%2Fjoin%2F"' in text


@pytest.mark.parametrize("who", EVERYBODY)
def test_an_empty_hackathon_says_what_to_do(world: World, who: str) -> None:
    empty = HackathonFactory()
    for name, role in (("captain", Role.PARTICIPANT), ("organizer", Role.ORGANIZER), ("judge", Role.JUDGE)):
        ParticipationFactory(user=getattr(world, name), hackathon=empty, role=role)
    text = html(page(world, who, f"/h/{empty.slug}/"))
    assert "No challenge is published yet." in text
    assert "Challenges appear here as soon as the organizers publish them." in text
    teams = text[text.index("No team yet.") :]
    assert ("/new-team/" in teams) is (who == "captain")
    newcomers = {"teammate", "rival", "outsider", "anonymous"}
    assert ("Join, and create the first one." in teams) is (who in newcomers)
    assert len(primary_buttons(text)) <= 1


def test_an_empty_home_says_what_to_do(db: None, client: Any) -> None:
    text = html(client.get("/"))
    assert "No hackathons yet." in text
    assert primary_buttons(text) == ["Sign up"]
