"""The dashboard's charts: who came when, what was submitted when and with which outcome, what fails, who computes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncHour
from django.utils.translation import gettext as _

from hackathon.enums import Role
from hackathon.models import Hackathon, Participation
from hackathon.web.charts import Bars, Chart, bar_chart
from hackathon.web.zones import event_zone
from submissions.enums import ACTIVE_STATES, Fault, JobState
from submissions.models import Job, Quota

from .timeline import HOUR, days_between, hour_names, hour_zone, hours_between

MOST_HOURS, MOST_DAYS, MOST_TEAMS = 48, 60, 20


def signup_chart(hackathon: Hackathon) -> Chart | None:
    """By the hour where all came within two days, else by the day."""
    people = Participation.objects.filter(hackathon=hackathon, role=Role.PARTICIPANT).order_by()
    first, last = _ends(people, "created_at")
    if first is None or last is None:
        return None
    zone = event_zone(hackathon)
    if last - first < MOST_HOURS * HOUR:
        hours = hours_between(first, last, zone, most=MOST_HOURS)
        by_hour = _by_hour(people, "created_at", zone, last)
        return _bars(_("Sign-ups an hour"), hour_names(hours, zone), [by_hour.get(hour, 0) for hour in hours])
    days = days_between(first.astimezone(zone).date(), last.astimezone(zone).date(), most=MOST_DAYS)
    found = people.annotate(day=TruncDate("created_at", tzinfo=zone)).values_list("day").annotate(Count("pk"))
    by_day = dict(found)
    return _bars(_("Sign-ups a day"), [day.isoformat() for day in days], [by_day.get(day, 0) for day in days])


def submission_chart(hackathon: Hackathon, runs: QuerySet[Job], *, now: datetime) -> Chart | None:
    """Every hour of the event so far, at most the last two days of it, by what became of the submissions."""
    first, last = _ends(runs.order_by(), "queued_at")
    if first is None or last is None:
        return None
    zone = event_zone(hackathon)
    first, last = min(first, hackathon.starts_at), max(last, min(now, hackathon.ends_at))
    hours = hours_between(first, last, zone, most=MOST_HOURS)
    outcomes = {
        (_("scored"), "good"): [JobState.SUCCEEDED],
        (_("in progress"), "series-1"): [*ACTIVE_STATES, JobState.QUARANTINED],
        (_("failed"), "bad"): [JobState.FAILED],
        (_("cancelled"), "muted"): [JobState.CANCELLED],
    }
    bars = []
    for (name, tone), states in outcomes.items():
        by_hour = _by_hour(runs.filter(state__in=states).order_by(), "queued_at", zone, last)
        bars.append(Bars(name, [by_hour.get(hour, 0) for hour in hours], tone))
    title = _("Submissions an hour")
    return bar_chart(title, hour_names(hours, zone), bars, category_name=_("hour"), stacked=True)


def failure_chart(runs: QuerySet[Job]) -> Chart | None:
    """Failed runs by class, the most frequent first, and by whose fault it was."""
    failed = runs.filter(state=JobState.FAILED).order_by()
    counts = {
        (code, fault): count for code, fault, count in failed.values_list("failure_code", "fault").annotate(Count("pk"))
    }
    totals: dict[str, int] = {}
    for (code, _fault), count in counts.items():
        totals[code] = totals.get(code, 0) + count
    codes = sorted(totals, key=lambda code: (-totals[code], code))
    faults = {_("fault of the config"): Fault.OWN, _("fault of the platform"): Fault.PLATFORM}
    bars = [Bars(name, [counts.get((code, fault), 0) for code in codes]) for name, fault in faults.items()]
    if not codes:
        return None
    return bar_chart(_("Failures by class"), codes, bars, category_name=_("failure"), stacked=True)


def compute_chart(quotas: QuerySet[Quota]) -> Chart | None:
    """Minutes of compute that each team used or has reserved: the teams with most."""
    used = quotas.order_by().values_list("team__name").annotate(seconds=Sum("compute_used"))
    most = list(used.filter(seconds__gt=0).order_by("-seconds", "team__name")[:MOST_TEAMS])
    if not most:
        return None
    bars = Bars(_("minutes used or reserved"), [round(seconds / 60, 1) for _team, seconds in most])
    names = [name for name, _seconds in most]
    return bar_chart(_("Compute by team, in minutes"), names, [bars], category_name=_("team"))


def _bars(title: str, names: list[str], counts: list[int]) -> Chart | None:
    return bar_chart(title, names, [Bars(_("sign-ups"), counts)], category_name=_("when"))


def _ends(rows: QuerySet[Job] | QuerySet[Participation], field: str) -> tuple[datetime | None, datetime | None]:
    ends = rows.aggregate(first=Min(field), last=Max(field))
    return ends["first"], ends["last"]


def _by_hour(
    rows: QuerySet[Job] | QuerySet[Participation], field: str, zone: ZoneInfo, at: datetime
) -> dict[datetime, int]:
    fixed = hour_zone(zone, at)
    return dict(rows.annotate(hour=TruncHour(field, tzinfo=fixed)).values_list("hour").annotate(Count("pk")))
