"""Challenges in the admin, with their phases and data versions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from hackathon.clock import db_now
from hackathon.models import Challenge, ChallengeData, Phase
from hackathon.models.challenge import QUOTA
from hackathon.services.publishing import (
    delete_challenge,
    hide_challenge,
    publish_challenge,
    require_unused,
)
from training_worker.contract.text import isolated

from .add_challenge import show_steps
from .base import Admin, Attention, ReadOnlyAdmin, ReadOnlyInline
from .confirm import Question, ReasonForm, confirm
from .forms import ChallengeForm
from .limits_form import limit_fields, limit_fieldsets
from .times import time_column

PHASE_TIMES = tuple(
    time_column(name, label, lambda phase: phase.challenge.hackathon)
    for name, label in (("opens_at", _("opens at")), ("closes_at", _("closes at")))
)


class PhaseInline(ReadOnlyInline):
    """Phases have their own page, where it is known what may still change."""

    model = Phase
    fields: ClassVar[Any] = ("name", *PHASE_TIMES, "data", *QUOTA)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phase]:
        phases: QuerySet[Phase] = super().get_queryset(request)
        return phases.select_related("challenge__hackathon", "data__challenge")


def in_event(challenge: Challenge) -> str:
    """The slug and the hackathon: challenges of one event may have one title."""
    return f"{challenge.slug} · {isolated(challenge.hackathon)}"


@admin.register(Challenge)
class ChallengeAdmin(Admin):
    form = ChallengeForm
    list_display = ("title", "slug", "hackathon", "task", "primary_metric", "is_published")
    list_filter = ("hackathon", "is_published", "task")
    list_select_related = ("hackathon",)
    search_fields = ("title", "slug")
    date_hierarchy = "created_at"
    autocomplete_fields = ("hackathon",)
    inlines: ClassVar[Any] = [PhaseInline]
    actions = ("publish", "hide", "delete_unused")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may change challenges is told how one is added."""
        return self.has_change_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return show_steps(self, request) if request.method == "GET" else HttpResponseNotAllowed(["GET"])

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        extra = {"show_save_and_add_another": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def get_form(self, request: HttpRequest, obj: Challenge | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The fields of the limits are those that the contract has today."""
        form = type("ChallengeForm", (ChallengeForm,), limit_fields())
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Challenge | None = None) -> Any:
        about = ("title", "slug", "hackathon", "task", "primary_metric", "summary", "description")
        names = (*about, "shows_data", "is_published")
        return [(None, {"fields": names}), *limit_fieldsets(obj.challenge_limits if obj else None)]

    def get_readonly_fields(self, request: HttpRequest, obj: Challenge | None = None) -> tuple[str, ...]:
        """With data the task and the hackathon (whose secret split it) are fixed, with an open phase the metric."""
        has_data = obj is not None and obj.data_versions.exists()
        has_opened = obj is not None and obj.phases.filter(opens_at__lte=db_now()).exists()
        fixed = (("hackathon", "task") if has_data else ()) + (("primary_metric",) if has_opened else ())
        return ("is_published", *fixed)

    def attention(self, request: HttpRequest) -> list[Attention]:
        hidden = Challenge.objects.filter(is_published=False).count()
        return (
            [
                Attention(
                    hidden,
                    ngettext("challenge is not published", "challenges are not published", hidden),
                    "is_published__exact=0",
                )
            ]
            if hidden
            else []
        )

    def view_on_site(self, obj: Challenge) -> str:
        return reverse("challenges:detail", args=[obj.slug])

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Challenge]) -> HttpResponse | None:
        ask = Question(
            _("Publish"),
            _("Whoever sees the hackathon sees the challenge; teams submit to it while a phase is open."),
            ngettext_lazy("%(count)d challenge published.", "%(count)d challenges published.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: publish_challenge(challenge=row))

    @admin.action(description=_("Hide again"), permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Challenge]) -> HttpResponse | None:
        ask = Question(
            _("Hide again"),
            _("Only organizers see the challenge and its board from now on. Submissions are kept, and runs continue."),
            ngettext_lazy("%(count)d challenge hidden.", "%(count)d challenges hidden.", "count"),
            ReasonForm,
        )
        return confirm(self, request, queryset, ask, lambda row, _values: hide_challenge(challenge=row))

    @admin.action(description=_("Delete"), permissions=["change"])
    def delete_unused(self, request: HttpRequest, queryset: QuerySet[Challenge]) -> HttpResponse | None:
        ask = Question(
            _("Delete"),
            _("The challenge is deleted with its phases and data."),
            ngettext_lazy("%(count)d challenge deleted.", "%(count)d challenges deleted.", "count"),
            ReasonForm,
            typed=lambda row: str(row.slug),
            require=lambda row: require_unused(challenge=row),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: delete_challenge(challenge=row))

    def describe(self, row: Challenge) -> str:
        return in_event(row)


@admin.register(ChallengeData)
class ChallengeDataAdmin(ReadOnlyAdmin):
    """Versions are made by `manage.py import_challenge` and never change."""

    list_display = ("challenge", "version", "public_count", "private_count", "license", "created_at")
    list_filter = ("challenge__hackathon", "challenge")
    list_select_related = ("challenge",)
    search_fields = ("challenge__title", "sha256")
    date_hierarchy = "created_at"
    fields = (
        "challenge",
        "version",
        "sha256",
        "public_count",
        "private_count",
        "mean_cost",
        "license",
        "source",
        "created_at",
    )
