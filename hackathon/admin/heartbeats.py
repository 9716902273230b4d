"""When the site and its sweeper were last at work."""

from __future__ import annotations

from django.contrib import admin

from hackathon.models import Heartbeat

from .base import ReadOnlyAdmin


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "at", "back_at")
