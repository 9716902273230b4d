"""A hackathon that is made a draft again is for its organizers alone: its teams lose sight of all of it."""

from __future__ import annotations

import pytest

from hackathon.enums import Visibility
from hackathon.models import Hackathon
from submissions.models import Tag
from tests.evaluation.services.test_withdraw import scored
from tests.factories import World
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db

PATHS = (
    "/",
    "/submissions/",
    "/s/{submission}/",
    "/s/{submission}/edit/",
    "/t/{team}/",
    "/c/{challenge}/submit/?copy={submission}",
    "/api/me/",
    "/api/submissions/",
    "/api/submissions/{submission}/",
    "/api/submissions/{submission}/report/",
    "/api/teams/{team}/",
)


@pytest.mark.parametrize("path", PATHS)
def test_teams_lose_sight_of_a_draft(world: World, path: str) -> None:
    submission = scored(world)
    Tag.objects.create(submission=submission, name="mine", position=0)
    path = path.format(submission=submission.pk, team=world.team.pk, challenge=world.challenge.slug)
    found = {}
    for visibility in (Visibility.PUBLIC, Visibility.DRAFT, Visibility.PRIVATE):
        Hackathon.objects.update(visibility=visibility)
        response = browser_of(world, "captain").get(path)
        shown = html(response) if response.status_code == 200 else ""
        found[visibility] = any(str(word) in shown for word in (submission.pk, world.team.pk, world.hackathon.slug))
    assert found == {Visibility.PUBLIC: True, Visibility.DRAFT: False, Visibility.PRIVATE: True}


@pytest.mark.parametrize("act", ["withdraw", "edit", "cancel"])
def test_nothing_is_done_in_a_draft(world: World, act: str) -> None:
    submission = scored(world)
    Hackathon.objects.update(visibility=Visibility.DRAFT)
    assert browser_of(world, "captain").post(f"/s/{submission.pk}/{act}/", {"note": "x"}).status_code == 404
    assert browser_of(world, "organizer").get(f"/s/{submission.pk}/").status_code == 200
