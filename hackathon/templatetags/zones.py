"""In which zone times are shown, and its name. A browser that knows better says so with its own (`site.js`)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hackathon.models import Hackathon
from hackathon.web.zones import event_zone, viewer_zone

register = template.Library()
register.filter("viewer_zone", viewer_zone)


@register.filter
def zone_for(hackathon: Hackathon, request: HttpRequest) -> ZoneInfo:
    """The viewer's zone; the event's where it is unknown. For the tag `timezone`, in lists of several events."""
    return viewer_zone(request) or event_zone(hackathon)


@register.simple_tag
def zone() -> SafeString:
    return format_html("<span data-zone-name>{}</span>", timezone.get_current_timezone_name())
