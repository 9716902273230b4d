"""The page for submitting sends who has no team to where they get one, in a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from submissions.services.submit import submit_config
from tests.factories import CONFIG, BaseModelFactory, ParticipationFactory, World
from tests.pages import browser_of, html, page


def refusal(world: World, who: str) -> str:
    text = html(page(world, who, f"/c/{world.challenge.slug}/submit/"))
    return text.partition('id="refusal"')[2].partition("</p>")[0]


def test_without_a_team_the_link_leads_to_one(world: World) -> None:
    slug = world.hackathon.slug
    assert f'href="/h/{slug}/join/">Join<' in refusal(world, "outsider")
    ParticipationFactory(user=world.outsider, hackathon=world.hackathon)
    assert f'href="/h/{slug}/new-team/">Create a team<' in refusal(world, "outsider")
    assert f'href="/h/{slug}/">To the hackathon<' in refusal(world, "judge")


def test_who_may_not_have_a_team_is_told_why(world: World) -> None:
    world.team.memberships.filter(user=world.teammate).update(left_at=timezone.now())
    said = refusal(world, "teammate")
    assert "You have left a team of this hackathon" in said
    assert f'href="/h/{world.hackathon.slug}/">' in said
    world.hackathon.ends_at = timezone.now() - timedelta(seconds=1)
    world.hackathon.save()
    assert "This hackathon is over." in refusal(world, "outsider")
    assert "/join/" not in refusal(world, "outsider")


@pytest.mark.parametrize("who", ["captain", "outsider", "organizer"])
@pytest.mark.parametrize("rows", [2, 30])
def test_queries_of_the_page(world: World, who: str, rows: int, django_assert_num_queries: Any) -> None:
    names = ["tiny-bert", *(BaseModelFactory().slug for _ in range(rows))]
    world.challenge.limits |= {"base_models": names}
    world.challenge.save()
    world.phase.queued = world.phase.per_day = 30
    world.phase.save()
    for n in range(rows):
        training = CONFIG["training"] | {"learning_rate": 0.001 * 1.2**n}
        submit_config(author=None, team=world.team, phase=world.phase, config=CONFIG | {"training": training})
    browser = browser_of(world, who)
    with django_assert_num_queries({"captain": 10, "outsider": 10, "organizer": 9}[who]):
        text = html(browser.get(f"/c/{world.challenge.slug}/submit/"))
    assert all(name in text for name in names)
