"""Hours and days of an event, over a change of its clocks too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from submissions.models import Job
from submissions.watch.dashboard import read_dashboard
from submissions.watch.timeline import days_between, hour_names, hours_between
from tests.evaluation.scored import submit
from tests.factories import TeamFactory, World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "hours", "doubled"), [((2026, 10, 25), 25, ["02:00 CEST", "02:00 CET"]), ((2026, 3, 29), 23, [])]
)
def test_a_change_of_the_clocks(day: tuple[int, int, int], hours: int, doubled: list[str]) -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(*day, tzinfo=zone)
    last = datetime(*day, 23, 59, tzinfo=zone)
    names = hour_names(found := hours_between(first, last, zone, most=48), zone)
    assert len(set(names)) == len(found) == hours
    assert [name[6:] for name in names if name[-1].isalpha()] == doubled
    assert (names[0][6:], names[-1][6:]) == ("00:00", "23:00")


def test_both_hours_of_the_same_name_are_counted(world: World) -> None:
    world.hackathon.time_zone = "Europe/Berlin"
    world.hackathon.starts_at = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    world.hackathon.ends_at = datetime(2026, 10, 25, 20, 0, tzinfo=UTC)
    for n, hour in enumerate((0, 1, 1)):  # 02:30 CEST, then twice 02:30 CET
        job = submit(world, team=TeamFactory(hackathon=world.hackathon), rate=0.01 * (n + 1))
        Job.objects.filter(pk=job.pk).update(queued_at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
    now = datetime(2026, 10, 25, 3, 0, tzinfo=UTC)
    chart = dict(read_dashboard(world.organizer, world.hackathon, now=now).charts)["submissions-by-hour"]
    counts = {name: cells[1] for name, cells in chart.rows}
    assert counts["10-25 02:00 CEST"] == "1"
    assert counts["10-25 02:00 CET"] == "2"


def test_only_the_last_of_a_long_time_are_shown() -> None:
    now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    hours = hours_between(now - timedelta(days=9), now, ZoneInfo("UTC"), most=48)
    assert (len(hours), hours[-1]) == (48, datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert len(days_between(now.date() - timedelta(days=99), now.date(), most=60)) == 60
