"""Scores in the admin, to be read; private ones by superusers and the hackathon's organizers. No label anywhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hackathon.admin import PhaseAdmin
from hackathon.admin_base import ReadOnlyAdmin, ReasonForm, apply_each
from hackathon.enums import ScoreVisibility
from hackathon.models import Phase
from hackathon.visibility import is_organizer

from .models import LeaderboardEntry, Reference, Result
from .services.board_visibility import set_board_visibility
from .services.display_step import fix_display_step

Fields = list[str | list[str] | tuple[str, ...] | tuple[()]]


def may_see_private(request: HttpRequest, result: Result | Reference | None) -> bool:
    """Private scores are for superusers, and for organizers of the very hackathon."""
    if request.user.is_superuser:
        return True
    return result is not None and is_organizer(request.user, result.data.challenge.hackathon)


@admin.register(Result)
class ResultAdmin(ReadOnlyAdmin):
    list_display = (
        "job",
        "team",
        "metric",
        "public_score",
        "public_se",
        "majority_score",
        "scoring_version",
        "created_at",
    )
    list_filter = ("job__phase__challenge__hackathon", "job__phase", "job__kind", "scoring_version")
    list_select_related = ("job__team",)
    search_fields = ("job__id", "job__team__name")

    @admin.display()
    def team(self, obj: Result) -> str:
        return str(obj.job.team or "–")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Fields:
        public = ["job", "data", "scoring_version", "metric", "public_score", "public_se", "public_metrics"]
        private = ["private_score", "private_se", "private_metrics"] if may_see_private(request, obj) else []
        return [*public, *private, "majority_score", "predictions_sha256", "created_at"]


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
    list_filter = ("phase__challenge__hackathon", "phase", "scoring_version")
    list_select_related = ("team", "phase__challenge", "submission")
    search_fields = ("team__name",)
    fields = ("phase", "team", "score", "submission", "entries", "received_at", "scoring_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeaderboardEntry]:
        entries: QuerySet[LeaderboardEntry] = super().get_queryset(request)
        return entries.order_by("phase", "-score", "received_at")


@admin.register(Phase)
class BoardAdmin(PhaseAdmin):
    """A phase with what is done to its board: freeze, open, release, fix the step."""

    action_form = ReasonForm
    actions = ("freeze", "thaw", "release", "fix_step")

    def _show(self, request: HttpRequest, phases: QuerySet[Phase], to: ScoreVisibility, done: Promise) -> None:
        apply_each(request, phases, lambda phase: set_board_visibility(phase=phase, visibility=to), done=done)

    @admin.action(description=_("Freeze the board"), permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Phase]) -> None:
        self._show(request, queryset, ScoreVisibility.FROZEN, _("%(count)d boards frozen."))

    @admin.action(description=_("Show public scores, live"), permissions=["change"])
    def thaw(self, request: HttpRequest, queryset: QuerySet[Phase]) -> None:
        self._show(request, queryset, ScoreVisibility.LIVE, _("%(count)d boards are live."))

    @admin.action(description=_("Release the private scores"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Phase]) -> None:
        if not request.POST.get("reason", "").strip():
            messages.error(request, _("Say why: released scores cannot be taken back."))
            return
        self._show(request, queryset, ScoreVisibility.RELEASED, _("Private scores of %(count)d phases released."))

    @admin.action(description=_("Fix the display step by the baseline"), permissions=["change"])
    def fix_step(self, request: HttpRequest, queryset: QuerySet[Phase]) -> None:
        done = _("Display step of %(count)d phases fixed.")
        apply_each(request, queryset, lambda phase: fix_display_step(phase=phase), done=done)
