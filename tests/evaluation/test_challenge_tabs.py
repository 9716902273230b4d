"""The pages of a challenge have the same tabs; who cannot submit is offered no submitting."""

from __future__ import annotations

import re
from html import unescape

import pytest

from hackathon.models import Participation
from tests.evaluation.scored import submit
from tests.factories import ChallengeFactory, PhaseFactory, World
from tests.pages import html, page

pytestmark = pytest.mark.django_db
PATHS = ("", "data/", "leaderboard/", "submit/")


def tabs(world: World, who: str, path: str = "") -> list[str]:
    """In their order, the open one in brackets."""
    text = html(page(world, who, f"/c/{world.challenge.slug}/{path}"))
    inside = re.search(r'<nav class="tabs"[^>]*>(.*?)</nav>', text, re.DOTALL)
    assert inside is not None
    found = re.findall(r"<a ([^>]*)>\s*(.*?)</a>", inside[1], re.DOTALL)
    return [f"[{name}]" if "aria-current" in attributes else name for attributes, name in found]


def test_every_page_of_a_challenge_has_the_same_tabs(world: World) -> None:
    names = ["Challenge", "Data", "Submit", "Leaderboard", "Your submissions"]
    for path, place in zip(PATHS, (0, 1, 3, 2), strict=True):
        shown = [f"[{name}]" if number == place else name for number, name in enumerate(names)]
        assert tabs(world, "captain", path) == shown
        assert tabs(world, "organizer", path) == [*shown[:4], "Submissions"]
    for path in ("", "leaderboard/"):
        for who in ("outsider", "anonymous"):
            assert [name.strip("[]") for name in tabs(world, who, path)] == ["Challenge", "Submit", "Leaderboard"]


def test_submissions_are_those_of_the_challenge(world: World) -> None:
    other = PhaseFactory(challenge=ChallengeFactory(hackathon=world.hackathon, title="Another one"))
    submit(world)
    for challenge, shown in ((world.challenge, True), (other.challenge, False)):
        text = html(page(world, "captain", f"/c/{challenge.slug}/"))
        link = re.search(r'href="(/submissions/[^"]*)">\s*Your submissions', text)
        assert link is not None
        listed = html(page(world, "captain", unescape(link[1])))
        assert ('<table class="data runs">' in listed) is shown
    assert "No submission yet." in listed
    assert f'href="/c/{other.challenge.slug}/submit/"' in listed
    assert f'href="/c/{world.challenge.slug}/submit/"' not in listed
    assert f'href="?hackathon={world.hackathon.slug}">Show all</a>' in listed


@pytest.mark.parametrize("role", ["judge", "mentor"])
def test_who_only_looks_on_is_offered_no_submitting(world: World, role: str) -> None:
    Participation.objects.filter(user=world.judge).update(role=role)
    for path in PATHS[:3]:
        assert [name.strip("[]") for name in tabs(world, "judge", path)] == ["Challenge", "Data", "Leaderboard"]
        text = html(page(world, "judge", f"/c/{world.challenge.slug}/{path}"))
        assert f"/c/{world.challenge.slug}/submit/" not in text
        assert "Your submissions" not in text
        assert f"/c/{world.challenge.slug}/submit/" in html(page(world, "captain", f"/c/{world.challenge.slug}/{path}"))
