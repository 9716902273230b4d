"""Challenges come from bundles: "Add" says how, to everybody who may change them, and adds nothing itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hackathon.models import Challenge, Hackathon
from hackathon.services.organizers import make_organizer
from tests.evaluation.admin.test_organizers import organizer
from tests.evaluation.admin.test_pages import url
from tests.factories import HackathonFactory, UserFactory, World
from tests.pages import browser_of, html

pytestmark = pytest.mark.django_db
__all__ = ["organizer"]


def test_an_organizer_is_told_how_a_challenge_is_added(world: World) -> None:
    person = UserFactory()
    make_organizer(user=person)
    client = Client()
    client.force_login(person)
    over = HackathonFactory(starts_at=timezone.now() - timedelta(days=9), ends_at=timezone.now() - timedelta(days=8))
    page = url(Challenge, "add")
    assert f'href="{page}"' in html(client.get(url(Challenge, "changelist")))
    text = html(client.get(page))
    assert f"import_challenge FOLDER --hackathon {world.hackathon.slug}<" in text
    assert over.slug not in text
    for shown in ("docs/examples/README.md", "test_labels.jsonl", "<code>tiny-bert</code>"):
        assert shown in text
    assert client.post(page, {"title": "x"}).status_code == 405
    assert Challenge.objects.count() == 1


def test_without_a_hackathon_that_comes_first(world: World, organizer: Client) -> None:
    Hackathon.objects.update(starts_at=timezone.now() - timedelta(days=9), ends_at=timezone.now() - timedelta(days=8))
    text = html(organizer.get(url(Challenge, "add")))
    assert f'href="{url(Hackathon, "add")}"' in text
    assert "import_challenge" not in text


def test_who_may_not_change_challenges_is_refused(world: World) -> None:
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    assert client.get(url(Challenge, "add")).status_code == 403


def test_the_event_page_leads_the_organizer_there(world: World) -> None:
    Challenge.objects.update(hackathon=HackathonFactory())
    world.organizer.is_staff = True
    world.organizer.save()
    assert f'href="{url(Challenge, "add")}"' in html(browser_of(world, "organizer").get("/"))
