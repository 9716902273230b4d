"""The event in the admin: hackathons and base models. Challenges are in `challenges`, people in `people`."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from hackathon.clock import db_now
from hackathon.enums import Role, Visibility
from hackathon.models import BaseModel, Hackathon, User
from hackathon.services.participation import add_participant
from hackathon.services.phase_window import phases_that_ended_with
from hackathon.services.publishing import (
    disable_model,
    enable_model,
    show_hackathon,
)
from hackathon.web.zones import event_time, event_zone, known_zone
from training_worker.contract.text import isolated

from .base import Admin, Attention
from .confirm import Question, ReasonForm, apply_each, confirm
from .forms import HackathonForm
from .times import EventTimes, time_column


@admin.register(Hackathon)
class HackathonAdmin(EventTimes, Admin):
    form = HackathonForm
    list_display = (
        "name",
        "visibility",
        time_column("starts_at", _("starts at"), lambda row: row),
        time_column("ends_at", _("ends at"), lambda row: row),
    )
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

    def event_zone(self, request: HttpRequest, object_id: str | None) -> ZoneInfo | None:
        if chosen := known_zone(request.POST.get("time_zone", "")):
            return chosen
        stored = self.get_object(request, unquote(object_id)) if object_id else None
        return event_zone(stored) if stored else known_zone(timezone.get_current_timezone_name())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"time_zone": timezone.get_current_timezone_name(), **super().get_changeform_initial_data(request)}

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
        """Who creates a hackathon organizes it; who moves its end is told which phases stay behind."""
        super().save_model(request, obj, form, change)
        if not change:
            assert isinstance(request.user, User)
            add_participant(
                user=request.user, hackathon=obj, role=Role.ORGANIZER, organization=request.user.organization
            )
        elif "ends_at" in form.changed_data:
            for phase in phases_that_ended_with(obj, form.initial["ends_at"]):
                values = {"phase": isolated(phase), "time": event_time(phase.closes_at, obj)}
                messages.warning(request, _("The phase “%(phase)s” still ends %(time)s: move its deadline.") % values)

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
