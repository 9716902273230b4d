"""The very first page is in the browser's own zone, though no cookie names it yet; dashboards stay in the event's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from submissions.models import Job, ProgressChunk
from tests.browser.watched import Watched
from tests.evaluation.scored import submit
from tests.factories import UserFactory, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVENT = "America/New_York"


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    world.hackathon.time_zone = EVENT
    world.hackathon.save()
    return world


def moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def words(page: Page, selector: str) -> str:
    return " ".join(page.inner_text(selector).split())


@pytest.mark.parametrize("zone", ["Australia/Adelaide", "UTC"])
def test_the_first_page_is_in_the_browsers_zone(world: World, watched: Watched, zone: str) -> None:
    page = watched.open("/", timezone_id=zone)
    whole = f"{moment(world.hackathon.starts_at, zone)} – {moment(world.hackathon.ends_at, zone)}"
    first = [words(page, "main"), words(page, "#zone")]
    assert whole in first[0]
    assert first[1] == f"Times in {zone}"
    assert EVENT not in page.inner_text("body")
    page.reload()  # now the server knows
    assert whole in words(page, "main")
    assert words(page, "#zone") == first[1]
    assert page.locator("[data-zone-name]").count() == 0


def test_a_deadline_names_the_browsers_zone_at_once(world: World, watched: Watched) -> None:
    page = watched.open(f"/c/{world.challenge.slug}/", timezone_id="Australia/Adelaide")
    assert f"{moment(world.phase.closes_at, 'Australia/Adelaide')} Australia/Adelaide" in words(page, "#brief")


def test_a_first_page_without_scripts_is_in_the_events_zone(world: World, watched: Watched) -> None:
    page = watched.open("/", timezone_id="Australia/Adelaide", java_script_enabled=False)
    ends = moment(world.hackathon.ends_at, EVENT)
    assert f"{moment(world.hackathon.starts_at, EVENT)} – {ends} {EVENT}" in words(page, "main")
    assert words(page, "#zone") == "Times in the time zone of each hackathon"
    page = watched.open(f"/c/{world.challenge.slug}/", timezone_id="Australia/Adelaide", java_script_enabled=False)
    assert f"{moment(world.phase.closes_at, EVENT)} {EVENT}" in words(page, "#brief")
    assert words(page, "#zone") == f"Times in {EVENT}"


def test_seconds_of_a_log_and_titles_are_turned_too(world: World, watched: Watched) -> None:
    job, at = submit(world), datetime(2030, 1, 1, 10, 0, 7, tzinfo=UTC)
    Job.objects.filter(pk=job.pk).update(state="running", attempt=1, started_at=at, stage="train", progress_seq=1)
    ProgressChunk.objects.create(job=job, attempt=1, seq=1, points=[], lines=[{"at": at.isoformat(), "text": "hello"}])
    page = watched.open(f"/s/{job.submission_id}/", user=world.captain, timezone_id="Australia/Adelaide")
    assert "20:30:07 hello" in words(page, ".log")
    for titled in page.locator("time[title]").all():
        at = datetime.fromisoformat(titled.get_attribute("datetime") or "")
        assert titled.get_attribute("title") == moment(at, "Australia/Adelaide")
        assert not re.match(r"\d{4}-", titled.inner_text())


def test_a_dashboard_stays_in_the_events_zone(world: World, watched: Watched) -> None:
    page = watched.open(f"/h/{world.hackathon.slug}/dashboard/", user=world.organizer, timezone_id="Australia/Adelaide")
    assert words(page, "#zone") == f"Times in {EVENT}"


def test_the_admin_keeps_quiet_about_the_browsers_clock(world: World, watched: Watched) -> None:
    """Django notes beside a time how far the browser's clock is from the server's: ours are in the event's zone."""
    chief = UserFactory(is_staff=True, is_superuser=True)
    page = watched.open("/admin/hackathon/hackathon/add/", user=chief, timezone_id="Australia/Adelaide")
    notes = page.locator(".timezonewarning")
    notes.first.wait_for(state="attached")
    assert not any(note.is_visible() for note in notes.all())
