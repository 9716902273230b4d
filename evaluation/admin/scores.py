"""Scores in the admin, to be read; private ones by superusers, and after their release by organizers. No label."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from evaluation.models import SCORING_VERSION, LeaderboardEntry, Reference, Result
from hackathon.admin.base import ReadOnlyAdmin
from hackathon.admin.filters import EventFilter, KnownValuesFilter, PhaseFilter
from hackathon.enums import ScoreVisibility
from hackathon.models import Phase
from hackathon.visibility import is_organizer

Fields = list[str | list[str] | tuple[str, ...] | tuple[()]]


def may_see_private(request: HttpRequest, scored: Result | Reference | None) -> bool:
    """Private scores are for superusers; for organizers of the very hackathon once every phase on the data has
    released them."""
    if request.user.is_superuser:
        return True
    if scored is None or not is_organizer(request.user, scored.data.challenge.hackathon):
        return False
    phases = Phase.objects.filter(data=scored.data_id)
    return phases.exists() and not phases.exclude(score_visibility=ScoreVisibility.RELEASED).exists()


class VersionFilter(KnownValuesFilter):
    values = range(1, SCORING_VERSION + 1)


@admin.register(Result)
class ResultAdmin(ReadOnlyAdmin):
    list_display = (
        "job",
        "team",
        "metric",
        "public_score",
        "public_se",
        "dummy_score",
        "scoring_version",
        "created_at",
    )
    list_filter = (
        ("job__phase__challenge__hackathon", EventFilter),
        ("job__phase", PhaseFilter),
        "job__kind",
        ("scoring_version", VersionFilter),
    )
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    list_select_related = ("job__team",)
    search_fields = ("job__id", "job__team__name")
    date_hierarchy = "created_at"

    def view_on_site(self, obj: Result) -> str | None:
        submission = obj.job.submission_id
        return reverse("submissions:detail", args=[submission]) if submission else None

    @admin.display(description=_("team"))
    def team(self, obj: Result) -> str:
        return str(obj.job.team or "–")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Fields:
        public = ["job", "data", "scoring_version", "metric", "public_score", "public_se", "public_metrics"]
        private = ["private_score", "private_se", "private_metrics"] if may_see_private(request, obj) else []
        return [*public, *private, "dummy_score", "predictions_sha256", "created_at"]


@admin.register(Reference)
class ReferenceAdmin(ReadOnlyAdmin):
    """References are scored by `manage.py score_reference`."""

    list_display = ("name", "data", "metric", "public_score", "public_se")
    list_filter = ("data__challenge__hackathon", "metric")
    list_select_related = ("data__challenge",)
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Fields:
        private = ["private_score", "private_se"] if may_see_private(request, obj) else []
        return ["data", "name", "description", "metric", "public_score", "public_se", *private, "created_at"]


@admin.register(LeaderboardEntry)
class LeaderboardEntryAdmin(ReadOnlyAdmin):
    list_display = ("team", "phase", "score", "submission", "entries", "received_at", "scoring_version")
    list_filter = (
        ("phase__challenge__hackathon", EventFilter),
        ("phase", PhaseFilter),
        ("scoring_version", VersionFilter),
    )
    ordering = ("phase_id", "-sort_key", "received_at")
    sortable_by = ("received_at",)
    list_select_related = ("team", "phase__challenge", "submission")
    search_fields = ("team__name",)
    date_hierarchy = "received_at"
    fields = ("phase", "team", "score", "submission", "entries", "received_at", "scoring_version")
