"""The API's own page: in the reader's colours, with a way back, and it can write from a browser's session."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from teams.models import Team
from tests.browser.watched import Watched
from tests.factories import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_is_shown_in_the_readers_colours_and_leads_back(
    world: World, watched: Watched, scheme: str, is_dark: bool
) -> None:
    page = watched.open("/api/docs/", scheme=scheme)
    expect(page.get_by_text("Submit a config")).to_be_visible()
    ink = page.locator(".swagger-ui .info .title").evaluate("one => getComputedStyle(one).color")
    shade = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    lightness = [sum(int(part) for part in color.split("(")[1].rstrip(")").split(",")[:3]) for color in (ink, shade)]
    assert (lightness[0] > lightness[1]) == is_dark
    page.get_by_role("link", name="Back to the site").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_call_from_it_writes(world: World, watched: Watched) -> None:
    page = watched.open("/api/docs/", user=world.teammate)
    page.get_by_text("Leave my team").click()
    page.get_by_role("button", name="Try it out").click()
    page.locator("tr[data-param-name=team_id] input").fill(str(world.team.pk))
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table td.response-col_status").last).to_contain_text("204")
    assert not Team.objects.get(pk=world.team.pk).memberships.current().filter(user=world.teammate).exists()
