"""The name of the zone that a page's times are in. A browser that knows better says so with its own (`site.js`)."""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def zone() -> SafeString:
    return format_html("<span data-zone>{}</span>", timezone.get_current_timezone_name())
