"""Organizers enter and read times on their event's clock, whatever their browser's, and each names its zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from hackathon.models import Hackathon, Phase
from hackathon.models.challenge import QUOTA
from tests.evaluation.admin.test_organizers import organizer
from tests.evaluation.admin.test_pages import act, ask, url
from tests.factories import ChallengeDataFactory, ChallengeFactory, HackathonFactory, PhaseFactory, World
from tests.pages import html

pytestmark = pytest.mark.django_db
__all__ = ["organizer"]
START, END = datetime(2027, 3, 1, 12, tzinfo=UTC), datetime(2027, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_berlin(world: World, organizer: Client) -> None:
    organizer.cookies["time_zone"] = "America/New_York"
    Hackathon.objects.update(time_zone="Europe/Berlin", starts_at=START, ends_at=END)
    Phase.objects.update(opens_at=START, closes_at=END)


def at(**moments: str) -> dict[str, str]:
    pairs = ((name, *moment.split(" ")) for name, moment in moments.items())
    return {f"{name}_{part}": value for name, day, hour in pairs for part, value in enumerate((day, hour))}


def post_event(client: Client, event: Hackathon, **more: str) -> HttpResponse:
    body = {name: getattr(event, name) for name in ("name", "slug", "max_team_size", "time_zone")}
    return client.post(url(Hackathon, "change", event.pk), body | more)


def post_phase(client: Client, world: World, **more: Any) -> HttpResponse:
    phase = world.phase
    body = {"challenge": phase.challenge_id, "name": "Next", "data": phase.data_id, "precision": "fp32"}
    body |= {name: getattr(phase, name) for name in QUOTA} | {"recipe": phase.recipe}
    return client.post(url(Phase, "add"), body | more)


def test_a_hackathon_is_on_its_own_clock(world: World, organizer: Client) -> None:
    Phase.objects.all().delete()
    page = url(Hackathon, "change", world.hackathon.pk)
    text = html(organizer.get(page))
    assert text.count("Europe/Berlin, now ") == 2
    assert 'value="13:00:00"' in text
    event = Hackathon.objects.get()
    window = at(starts_at="2027-03-01 09:00", ends_at="2027-11-30 18:00")
    assert post_event(organizer, event, **window).status_code == 302
    event.refresh_from_db()
    assert (event.starts_at, event.ends_at) == (START - timedelta(hours=4), END + timedelta(hours=5))
    assert post_event(organizer, event, **window, time_zone="Asia/Tokyo").status_code == 302
    event.refresh_from_db()
    assert event.starts_at == datetime(2027, 3, 1, tzinfo=UTC)


def test_a_new_hackathon_begins_with_the_browsers_zone(organizer: Client) -> None:
    text = html(organizer.get(url(Hackathon, "add")))
    assert 'value="America/New_York"' in text
    assert text.count("America/New_York, now ") == 2


def test_a_phase_is_on_the_clock_of_its_challenge(world: World, organizer: Client) -> None:
    assert "In the time zone of the challenge's hackathon" in html(organizer.get(url(Phase, "add")))
    chosen = html(organizer.get(url(Phase, "add"), {"challenge": str(world.challenge.pk)}))
    assert chosen.count("Europe/Berlin, now ") == 2
    Phase.objects.update(closes_at=datetime(2027, 6, 1, tzinfo=UTC))
    moments = at(opens_at="2027-06-01 09:00", closes_at="2027-06-02 18:00")
    assert post_phase(organizer, world, **moments).status_code == 302
    phase = Phase.objects.get(name="Next")
    assert (phase.opens_at, phase.closes_at) == (
        datetime(2027, 6, 1, 7, tzinfo=UTC),
        datetime(2027, 6, 2, 16, tzinfo=UTC),
    )
    assert 'value="09:00:00"' in html(organizer.get(url(Phase, "change", phase.pk)))


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2027-03-28 02:30", "There is no 2027-03-28 02:30 in Europe/Berlin, as the clocks go forward"),
        ("2027-10-31 02:30", "2027-10-31 02:30 is there twice in Europe/Berlin, as the clocks go back"),
    ],
)
def test_an_hour_that_a_clock_skips_or_repeats(world: World, organizer: Client, moment: str, said: str) -> None:
    text = html(post_phase(organizer, world, **at(opens_at=moment, closes_at="2027-11-01 18:00")))
    assert said in text
    assert not Phase.objects.filter(name="Next").exists()
    deadline = act(organizer, "deadline", world.phase, closes_at=moment.replace(" ", "T"), reason="x")
    assert said in deadline


def test_a_deadline_is_on_the_events_clock(world: World, organizer: Client) -> None:
    asked = ask(organizer, "deadline", world.phase)
    assert "Europe/Berlin, now " in asked
    assert "ends 2027-11-30 13:00 (Europe/Berlin)" in asked
    act(organizer, "deadline", world.phase, closes_at="2027-11-01T18:00", reason="x")
    assert Phase.objects.get().closes_at == datetime(2027, 11, 1, 17, tzinfo=UTC)


def test_deadlines_in_two_zones_are_moved_one_by_one(world: World, organizer: Client) -> None:
    other = ChallengeFactory(hackathon=HackathonFactory(time_zone="Asia/Tokyo"))
    phase = PhaseFactory(challenge=other, data=ChallengeDataFactory(challenge=other))
    rows = [world.phase.pk, phase.pk]
    answer = organizer.post(url(Phase, "changelist"), {"action": "deadline", "_selected_action": rows}, follow=True)
    assert "These phases are in different time zones" in html(answer)


def test_what_is_listed_or_fixed_names_its_zone(world: World, organizer: Client) -> None:
    Phase.objects.update(opens_at=datetime(2026, 1, 5, 12, tzinfo=UTC))  # it has opened: its times are only shown
    lists = [html(organizer.get(url(model, "changelist"))) for model in (Hackathon, Phase)]
    challenge = html(organizer.get(url(type(world.challenge), "change", world.challenge.pk)))
    for text in (*lists, challenge, html(organizer.get(url(Phase, "change", world.phase.pk)))):
        assert "2027-11-30 13:00 (Europe/Berlin)" in text
    assert "Times that name no zone are in America/New_York." in lists[0]


def test_saving_a_form_unchanged_keeps_the_seconds_in_every_language(world: World, organizer: Client) -> None:
    moment = START + timedelta(seconds=51)
    Phase.objects.update(opens_at=moment, closes_at=END + timedelta(seconds=51))
    Hackathon.objects.update(starts_at=moment, ends_at=END + timedelta(seconds=51))
    organizer.cookies["django_language"] = "zh-hans"
    text = html(organizer.get(url(Hackathon, "change", world.hackathon.pk)))
    assert 'value="2027-03-01"' in text
    assert 'value="13:00:51"' in text
