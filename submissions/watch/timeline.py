"""Counts by hour and by day, as bars have them: no hour is left out, a change of the clocks neither merges nor skips.

An hour is one of real time that begins where the zone's clock shows a full one: 23 of them on the day when clocks go
forward, 25 on the day when they go back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


def hour_zone(zone: ZoneInfo, at: datetime) -> timezone:
    """A zone without changes whose full hours are those of `zone`: UTC, or so many minutes off (India: 30).

    To truncate in the event's own zone would make one hour of the two that carry the same name in autumn.
    """
    offset = at.astimezone(zone).utcoffset() or timedelta()
    return timezone(offset % HOUR)


def hours_between(first: datetime, last: datetime, zone: ZoneInfo, *, most: int) -> list[datetime]:
    """The beginnings of the hours from that of `first` to that of `last`, of which the last `most`. Pure."""
    fixed = hour_zone(zone, last)
    end = last.astimezone(fixed).replace(minute=0, second=0, microsecond=0)
    begin = max(first.astimezone(fixed).replace(minute=0, second=0, microsecond=0), end - (most - 1) * HOUR)
    return [begin + step * HOUR for step in range(int((end - begin) / HOUR) + 1)]


def hour_names(hours: Sequence[datetime], zone: ZoneInfo) -> list[str]:
    """`11-22 14:00` each; where two would carry the same name, with the zone's: `10-25 02:00 CEST`. Pure."""
    local = [hour.astimezone(zone) for hour in hours]
    names = [f"{at:%m-%d %H:%M}" for at in local]
    return [f"{name} {at.tzname()}" if names.count(name) > 1 else name for name, at in zip(names, local, strict=True)]


def days_between(first: date, last: date, *, most: int) -> list[date]:
    """Every day from `first` to `last`, of which the last `most`. Pure."""
    begin = max(first, last - timedelta(days=most - 1))
    return [begin + timedelta(days=step) for step in range((last - begin).days + 1)]
