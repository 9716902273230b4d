"""In which time zone a page shows its times: the viewer's, where the browser told it, else the event's.

A browser turns a page that came in another zone than its own, such as the very first one (`site.js`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hackathon.models import Hackathon

COOKIE = "time_zone"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> ZoneInfo | None:
    """None where there is no zone of that name."""
    return ZoneInfo(name) if name in _zones() else None


def viewer_zone(request: HttpRequest) -> ZoneInfo | None:
    """The zone named by the browser's cookie; None where it names none that exists."""
    return known_zone(request.COOKIES.get(COOKIE, ""))


def use_event_zone(request: HttpRequest, hackathon: Hackathon) -> None:
    """For the rest of this request: the event's zone, unless the viewer has one."""
    if viewer_zone(request) is None and hackathon.time_zone in _zones():
        timezone.activate(ZoneInfo(hackathon.time_zone))


def event_zone(hackathon: Hackathon) -> ZoneInfo:
    """The event's own zone, UTC where it names none that exists."""
    return known_zone(hackathon.time_zone) or ZoneInfo("UTC")


def event_time(at: datetime, hackathon: Hackathon) -> str:
    """`2026-11-27 18:00 (Europe/Berlin)`: on the event's clock, whatever the viewer's. Pure."""
    zone = event_zone(hackathon)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


class ViewerZone:
    """Activates the viewer's zone for each page, UTC where none is known; the API always speaks UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = None if request.path.startswith("/api/") else viewer_zone(request)
        with timezone.override(zone):
            return self.get_response(request)
