"""What teams have used and may use, in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hackathon.admin.base import Admin
from hackathon.admin.filters import EventFilter, PhaseFilter
from submissions.models import Quota


@admin.register(Quota)
class QuotaAdmin(Admin):
    """What teams have used. A team's own limit is written here; where it is empty, the phase's holds."""

    list_display = (
        "team",
        "phase",
        "used_today",
        "cap_day",
        "used_total",
        "cap_total",
        "queued",
        "running",
        "cap_at_once",
        "compute",
        "cap_compute",
    )
    list_filter = (("phase__challenge__hackathon", EventFilter), ("phase", PhaseFilter))
    sortable_by = ()
    list_select_related = ("team", "phase__challenge")
    search_fields = ("team__name",)
    readonly_fields = ("team", "phase", "day", "used_today", "used_total", "queued", "running", "compute")
    fieldsets = (
        (None, {"fields": readonly_fields}),
        (
            _("Own limits of the team"),
            {
                "fields": ("cap_day", "cap_total", "cap_at_once", "cap_queued", "cap_compute"),
                "description": _("Empty: the phase's limit. They hold from the next submit and the next start on."),
            },
        ),
    )

    @admin.display(description=Quota._meta.get_field("compute_used").verbose_name)
    def compute(self, quota: Quota) -> str:
        return f"{quota.compute_used:.1f}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Quota, form: Any, change: bool) -> None:
        obj.save(update_fields=[name for name in form.changed_data if name.startswith("cap_")])
