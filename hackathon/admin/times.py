"""Times in the admin: entered and shown on the event's clock, and never without their zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from hackathon.models import Hackathon
from hackathon.web.zones import event_time

if TYPE_CHECKING:
    from .base import Admin

    WithTimes = Admin
else:
    WithTimes = object

ZONE = "event_zone"
"""Attribute of a request for one event's page."""


def zone_note() -> str:
    """What stands beside a field: the zone in which its time is read, and what the clock shows there."""
    now = timezone.localtime()
    return _("%(zone)s, now %(time)s") % {"zone": timezone.get_current_timezone_name(), "time": f"{now:%H:%M}"}


def _clock_change(at: datetime) -> ValidationError:
    """Why that time of day, which is naive, is no moment in the current zone."""
    zone = timezone.get_current_timezone()
    is_there = at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at
    message = (
        _("%(time)s is there twice in %(zone)s, as the clocks go back: choose a time outside of that hour.")
        if is_there
        else _("There is no %(time)s in %(zone)s, as the clocks go forward: choose a time outside of that hour.")
    )
    values = {"time": f"{at:%Y-%m-%d %H:%M}", "zone": timezone.get_current_timezone_name()}
    return ValidationError(message % values, code="ambiguous_timezone")


def _in_zone(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        params = getattr(error, "params", None) or {}
        raise _clock_change(params["datetime"]) if "datetime" in params else error from None


class LocalDateTimeField(forms.DateTimeField):
    """Reads a time in the current zone."""

    def to_python(self, value: Any) -> datetime | None:
        found: datetime | None = _in_zone(super().to_python, value)
        return found


class SplitLocalDateTimeWidget(AdminSplitDateTime):
    """With the seconds, which some languages leave out: saving a form unchanged would move its times."""

    def __init__(self) -> None:
        super().__init__()
        date, time = self.widgets
        date.format, time.format = "%Y-%m-%d", "%H:%M:%S"


class SplitLocalDateTimeField(forms.SplitDateTimeField):
    """The same, as the admin's two inputs."""

    def compress(self, data_list: Any) -> datetime | None:
        found: datetime | None = _in_zone(super().compress, data_list)
        return found


def time_column(name: str, label: Any, event: Callable[[Any], Hackathon]) -> Callable[[Any], str]:
    """A column of a list, or a field that is only shown, with the moment in that column on its event's clock."""

    def column(row: Any) -> str:
        return event_time(getattr(row, name), event(row))

    shown: Callable[[Any], str] = admin.display(description=label, ordering=name)(column)
    return shown


class EventTimes(WithTimes):
    """A page whose times are those of one event."""

    def event_zone(self, request: HttpRequest, object_id: str | None) -> ZoneInfo | None:
        """Of the row that is shown, or of what is chosen in the form; None where it is not known yet."""
        raise NotImplementedError

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """For the rest of this request: the answer is rendered later."""
        object_id = kwargs.get("object_id") or (args[0] if args else None)
        zone = self.event_zone(request, object_id)
        if zone is not None:
            timezone.activate(zone)
        setattr(request, ZONE, zone)
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def time_help(self, request: HttpRequest) -> str:
        if getattr(request, ZONE, None) is None:
            return _("In the time zone of the challenge's hackathon")
        return zone_note()
