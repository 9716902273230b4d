"""Phases in the admin: what their scores rest on is pinned once they open; what is done to a board are actions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from evaluation.services.board_visibility import set_board_visibility
from evaluation.services.display_step import fix_display_step
from evaluation.services.leaderboard import rebuild_leaderboard
from hackathon.admin.base import Admin
from hackathon.admin.challenges import PHASE_TIMES, in_event
from hackathon.admin.confirm import MOST, Question, ReasonForm, confirm
from hackathon.admin.times import EventTimes, LocalDateTimeField, zone_note
from hackathon.clock import db_now
from hackathon.enums import ScoreVisibility
from hackathon.errors import DomainError
from hackathon.models import Challenge, Phase
from hackathon.models.challenge import QUOTA
from hackathon.models.moment import validate_moment
from hackathon.web.zones import event_time, event_zone
from submissions.services.phases import PINNED, is_pinned, move_deadline, require_change, save_phase

if TYPE_CHECKING:  # generic for the type checker alone
    PhaseModelForm = forms.ModelForm[Phase]
else:
    PhaseModelForm = forms.ModelForm


class PhaseForm(PhaseModelForm):
    class Meta:
        model = Phase
        fields = "__all__"

    def _post_clean(self) -> None:
        """The service's own rules, as errors of the form."""
        super()._post_clean()  # type: ignore[misc]  # the stubs do not know it
        if self.errors:
            return
        try:
            require_change(self.instance, Phase.objects.filter(pk=self.instance.pk).first())
        except DomainError as error:
            field = error.fields[0].field if error.fields else None
            self.add_error(field if field in self.fields else None, f"{error.message} {error.hint}".strip())


class DeadlineForm(ReasonForm):
    """The new end, in the event's time zone, which is named beside it."""

    closes_at = LocalDateTimeField(
        label=_("New end"),
        validators=[validate_moment],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    field_order = ("closes_at", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closes_at"].help_text = zone_note()

    def clean_closes_at(self) -> datetime:
        at: datetime = self.cleaned_data["closes_at"]
        if at <= db_now():
            raise forms.ValidationError(_("The new end is in the past: choose a time to come."), code="past")
        return at


def _is_pinned(obj: Phase | None) -> bool:
    """By the stored row: a refused form has already written its values into `obj`."""
    stored = Phase.objects.filter(pk=obj.pk).first() if obj is not None else None
    return stored is not None and is_pinned(stored, now=db_now())


def _challenge(key: str) -> Challenge | None:
    try:
        return Challenge.objects.select_related("hackathon").get(pk=key)
    except (Challenge.DoesNotExist, ValidationError):
        return None


@admin.register(Phase)
class PhaseAdmin(EventTimes, Admin):
    form = PhaseForm
    list_display = ("name", "challenge", *PHASE_TIMES, "data", "score_visibility")
    list_filter = ("challenge__hackathon", "challenge", "score_visibility", "precision")
    list_select_related = ("challenge__hackathon", "data__challenge")
    search_fields = ("name", "challenge__title")
    date_hierarchy = "opens_at"
    autocomplete_fields = ("challenge", "data")
    actions = ("deadline", "freeze", "thaw", "release", "fix_step", "rebuild")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("challenge", "name", "opens_at", "closes_at", "data")}),
        (_("Quota per team"), {"fields": QUOTA}),
        (_("Board"), {"fields": ("score_visibility", "frozen_at", "display_step")}),
        (_("Runs"), {"fields": ("precision", "recipe")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Phase | None = None) -> tuple[Any, ...]:
        """The board changes by actions; once the phase has opened or has runs, what its scores rest on is fixed."""
        board = ("score_visibility", "frozen_at", "display_step")
        pinned = (*PINNED, *PHASE_TIMES) if _is_pinned(obj) else ()
        return (*board, *pinned)

    def get_fieldsets(self, request: HttpRequest, obj: Phase | None = None) -> Any:
        if not _is_pinned(obj):
            return self.fieldsets
        first = {
            "fields": ("challenge", "name", *PHASE_TIMES, "data"),
            "description": _(
                "This phase has opened or has runs: its start, data, precision and recipe stay as they are, so that "
                "scores compare. Its end is moved by “Move the deadline”."
            ),
        }
        return ((None, first), *self.fieldsets[1:])

    def event_zone(self, request: HttpRequest, object_id: str | None) -> ZoneInfo | None:
        """That of the challenge in the form, else of the row's."""
        chosen = _challenge(request.POST.get("challenge") or request.GET.get("challenge") or "")
        stored = self.get_object(request, unquote(object_id)) if object_id and chosen is None else None
        challenge = stored.challenge if stored else chosen
        return event_zone(challenge.hackathon) if challenge else None

    def has_delete_permission(self, request: HttpRequest, obj: Phase | None = None) -> bool:
        return not _is_pinned(obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Phase, form: Any, change: bool) -> None:
        save_phase(phase=obj)

    def view_on_site(self, obj: Phase) -> str:
        return f"{reverse('evaluation:leaderboard', args=[obj.challenge.slug])}?phase={obj.pk}"

    @admin.action(description=_("Move the deadline"), permissions=["change"])
    def deadline(self, request: HttpRequest, queryset: QuerySet[Phase]) -> HttpResponse | None:
        zones = {event_zone(phase.challenge.hackathon) for phase in queryset[: MOST + 1]}
        if len(zones) > 1:
            messages.error(request, _("These phases are in different time zones: choose those of one hackathon."))
            return None
        for zone in zones:
            timezone.activate(zone)
        ask = Question(
            _("Move the deadline"),
            _("The phase ends at the new time, later or earlier. A phase that has ended opens again. Tell the teams."),
            ngettext_lazy("%(count)d phase has a new end.", "%(count)d phases have a new end.", "count"),
            DeadlineForm,
        )
        return confirm(
            self, request, queryset, ask, lambda row, values: move_deadline(phase=row, closes_at=values["closes_at"])
        )

    def _show(self, request: HttpRequest, rows: QuerySet[Phase], to: ScoreVisibility, ask: Question) -> Any:
        return confirm(self, request, rows, ask, lambda row, _values: set_board_visibility(phase=row, visibility=to))

    @admin.action(description=_("Freeze the board"), permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Phase]) -> Any:
        ask = Question(
            _("Freeze the board"),
            _("Everybody but the organizers sees the board as it is now, until you show it again. Runs go on."),
            ngettext_lazy("%(count)d board frozen.", "%(count)d boards frozen.", "count"),
        )
        return self._show(request, queryset, ScoreVisibility.FROZEN, ask)

    @admin.action(description=_("Show public scores, live"), permissions=["change"])
    def thaw(self, request: HttpRequest, queryset: QuerySet[Phase]) -> Any:
        ask = Question(
            _("Show public scores, live"),
            _("Everybody sees all public scores again, those that came in since the freeze, too."),
            ngettext_lazy("%(count)d board is live.", "%(count)d boards are live.", "count"),
        )
        return self._show(request, queryset, ScoreVisibility.LIVE, ask)

    @admin.action(description=_("Release the private scores"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Phase]) -> Any:
        ask = Question(
            _("Release the private scores"),
            _(
                "The board is ranked by private scores, and everybody sees them. The phase takes nothing any more. "
                "What was seen cannot be taken back."
            ),
            ngettext_lazy(
                "Private scores of %(count)d phase released.", "Private scores of %(count)d phases released.", "count"
            ),
            ReasonForm,
            typed=lambda row: str(row.challenge.slug),
        )
        return self._show(request, queryset, ScoreVisibility.RELEASED, ask)

    def describe(self, row: Phase) -> str:
        end = _("ends %(time)s") % {"time": event_time(row.closes_at, row.challenge.hackathon)}
        return f"{in_event(row.challenge)} · {end}"

    @admin.action(description=_("Fix the display step by the baseline"), permissions=["change"])
    def fix_step(self, request: HttpRequest, queryset: QuerySet[Phase]) -> HttpResponse | None:
        ask = Question(
            _("Fix the display step by the baseline"),
            _("Scores are shown on the step that the baseline's error gives. It is refused once a team has a score."),
            ngettext_lazy("Display step of %(count)d phase fixed.", "Display step of %(count)d phases fixed.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: fix_display_step(phase=row))

    @admin.action(description=_("Rebuild the board"), permissions=["change"])
    def rebuild(self, request: HttpRequest, queryset: QuerySet[Phase]) -> HttpResponse | None:
        ask = Question(
            _("Rebuild the board"),
            _("Every row of the board is rebuilt from the stored results. No score changes."),
            ngettext_lazy("%(count)d board rebuilt.", "%(count)d boards rebuilt.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: rebuild_leaderboard(phase=row))
