"""The event in the admin: hackathons, challenges, data versions, base models. People are in `people`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from hackathon.clock import db_now
from hackathon.enums import Role, Visibility
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon, Phase, User
from hackathon.models.challenge import QUOTA
from hackathon.services.participation import add_participant
from hackathon.services.publishing import (
    delete_challenge,
    disable_model,
    enable_model,
    hide_challenge,
    publish_challenge,
    show_hackathon,
)
from training_worker.contract.text import isolated

from .base import Admin, Attention, ReadOnlyAdmin, ReadOnlyInline
from .confirm import Question, ReasonForm, apply_each, confirm
from .forms import ChallengeForm, HackathonForm


@admin.register(Hackathon)
class HackathonAdmin(Admin):
    form = HackathonForm
    list_display = ("name", "visibility", "starts_at", "ends_at", "time_zone")
    list_filter = ("visibility",)
    date_hierarchy = "starts_at"
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    readonly_fields = ("visibility",)
    actions = ("publish", "restrict", "withdraw")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "slug", "tagline", "description", "visibility")}),
        (_("Window"), {"fields": ("starts_at", "ends_at", "time_zone")}),
        (_("Teams"), {"fields": ("max_team_size",)}),
    )

    def attention(self, request: HttpRequest) -> list[Attention]:
        drafts = Hackathon.objects.filter(visibility=Visibility.DRAFT, ends_at__gt=db_now()).count()
        return (
            [
                Attention(
                    drafts,
                    ngettext("hackathon is still a draft", "hackathons are still drafts", drafts),
                    "visibility__exact=draft",
                )
            ]
            if drafts
            else []
        )

    def save_model(self, request: HttpRequest, obj: Hackathon, form: Any, change: bool) -> None:
        """Who creates a hackathon organizes it."""
        super().save_model(request, obj, form, change)
        if not change:
            assert isinstance(request.user, User)
            add_participant(
                user=request.user, hackathon=obj, role=Role.ORGANIZER, organization=request.user.organization
            )

    def view_on_site(self, obj: Hackathon) -> str:
        return reverse("hackathons:detail", args=[obj.slug])

    def _show(self, request: HttpRequest, rows: QuerySet[Hackathon], to: Visibility, ask: Question) -> Any:
        return confirm(self, request, rows, ask, lambda row, _values: show_hackathon(hackathon=row, visibility=to))

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Hackathon]) -> HttpResponse | None:
        ask = Question(
            _("Publish"),
            _("Everybody sees the hackathon with its published challenges and leaderboards, and may join."),
            ngettext_lazy("%(count)d hackathon is public.", "%(count)d hackathons are public.", "count"),
        )
        answer: HttpResponse | None = self._show(request, queryset, Visibility.PUBLIC, ask)
        return answer

    @admin.action(description=_("Restrict to accepted people"), permissions=["change"])
    def restrict(self, request: HttpRequest, queryset: QuerySet[Hackathon]) -> HttpResponse | None:
        ask = Question(
            _("Restrict to accepted people"),
            _("Only participants see it from now on; nobody can join without being accepted."),
            ngettext_lazy("%(count)d hackathon is private.", "%(count)d hackathons are private.", "count"),
        )
        answer: HttpResponse | None = self._show(request, queryset, Visibility.PRIVATE, ask)
        return answer

    @admin.action(description=_("Make it a draft again"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Hackathon]) -> HttpResponse | None:
        ask = Question(
            _("Make it a draft again"),
            _("Teams lose access to it at once: its pages, boards and submissions are visible to organizers only."),
            ngettext_lazy("%(count)d hackathon is a draft.", "%(count)d hackathons are drafts.", "count"),
            ReasonForm,
        )
        answer: HttpResponse | None = self._show(request, queryset, Visibility.DRAFT, ask)
        return answer


class PhaseInline(ReadOnlyInline):
    """Phases have their own page, where it is known what may still change."""

    model = Phase
    fields = ("name", "opens_at", "closes_at", "data", *QUOTA)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phase]:
        phases: QuerySet[Phase] = super().get_queryset(request)
        return phases.select_related("challenge", "data__challenge")


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
    prepopulated_fields: ClassVar[Any] = {"slug": ("title",)}
    autocomplete_fields = ("hackathon",)
    inlines: ClassVar[Any] = [PhaseInline]
    actions = ("publish", "hide", "delete_unused")

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
            _("The challenge goes with its phases and data. One with submissions or runs stays: hide it instead."),
            ngettext_lazy("%(count)d challenge deleted.", "%(count)d challenges deleted.", "count"),
            ReasonForm,
            typed=lambda row: str(row.slug),
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


@admin.register(BaseModel)
class BaseModelAdmin(Admin):
    """Models are registered by `manage.py import_model`; here they are switched on and off."""

    list_display = ("slug", "name", "family", "architecture", "parameters", "license", "is_enabled")
    list_filter = ("is_enabled", "family", "license")
    search_fields = ("slug", "name", "source")
    fields = (
        "slug",
        "name",
        "family",
        "architecture",
        "parameters",
        "source",
        "revision",
        "license",
        "sha256",
        "is_enabled",
        "is_downloadable",
    )
    readonly_fields = ("slug", "family", "architecture", "parameters", "source", "revision", "sha256", "is_enabled")
    actions = ("enable", "disable")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[BaseModel]) -> None:
        ask = Question(_("Enable"), "", ngettext_lazy("%(count)d model enabled.", "%(count)d models enabled.", "count"))
        apply_each(self, request, queryset, lambda row: enable_model(model=row), ask=ask)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[BaseModel]) -> HttpResponse | None:
        ask = Question(
            _("Disable"),
            _(
                "Nobody can submit with the model any more, in any challenge. What was submitted with it still runs "
                "and keeps its score."
            ),
            ngettext_lazy("%(count)d model disabled.", "%(count)d models disabled.", "count"),
            ReasonForm,
        )
        return confirm(self, request, queryset, ask, lambda row, _values: disable_model(model=row))
