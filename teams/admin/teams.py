"""Teams, who is in them and who takes part in what: moved by actions through the services, never edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from hackathon.admin.base import Admin, ReadOnlyAdmin, ReadOnlyInline, is_allowed
from hackathon.admin.confirm import Question, ReasonForm, confirm
from hackathon.enums import Role
from hackathon.models import Participation
from hackathon.services.participation import add_participant
from teams.models import Invitation, Membership, Team
from teams.services.invitations import withdraw_invitation
from teams.services.roster import (
    add_member,
    change_participation,
    end_membership,
    end_participation,
    make_captain,
    move_member,
)

from .forms import MembershipForm, MoveMemberForm, ParticipationForm, TeamAdminForm


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("user", "role", "created_at", "left_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        memberships: QuerySet[Membership] = super().get_queryset(request)
        return memberships.select_related("user", "team").order_by("left_at", "created_at")


@admin.register(Team)
class TeamAdmin(Admin):
    form = TeamAdminForm
    list_display = ("name", "hackathon", "people", "is_reserved", "is_locked", "created_at")
    list_filter = ("hackathon", "is_reserved", "is_locked")
    list_select_related = ("hackathon",)
    search_fields = ("name", "memberships__user__name", "memberships__user__email")
    sortable_by = ("name", "created_at")
    date_hierarchy = "created_at"
    autocomplete_fields = ("hackathon",)
    inlines: ClassVar[Any] = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        """Counted for the rows of a page alone."""
        current = Membership.objects.current().filter(team=OuterRef("pk")).order_by().values("team")
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(people=Coalesce(Subquery(current.values(count=Count("pk"))), 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> tuple[str, ...]:
        return ("hackathon", "is_reserved") if obj else ()

    @admin.display(description=_("people"))
    def people(self, obj: Any) -> int:
        return int(obj.people)

    def view_on_site(self, obj: Team) -> str | None:
        return None if obj.is_reserved else reverse("teams:detail", args=[obj.pk])


@admin.register(Membership)
class MembershipAdmin(Admin):
    """Adding puts a person into a team; everything else is an action."""

    form = MembershipForm
    list_display = ("user", "team", "hackathon", "role", "created_at", "left_at")
    list_filter = ("hackathon", "role", ("left_at", admin.EmptyFieldListFilter))
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    list_select_related = ("user", "team", "hackathon")
    search_fields = ("user__name", "user__email", "team__name")
    date_hierarchy = "created_at"
    autocomplete_fields = ("user", "team")
    actions = ("move", "captain", "remove")

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        if obj is None:
            return ("team", "user", "override", "reason")
        return ("user", "team", "hackathon", "role", "created_at", "left_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_roster_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    def save_model(self, request: HttpRequest, obj: Membership, form: ModelForm[Membership], change: bool) -> None:
        placed = add_member(team=obj.team, user=obj.user, override=form.cleaned_data["override"])
        obj.pk = placed.pk
        self.log_change(request, placed, form.cleaned_data["reason"])

    def view_on_site(self, obj: Membership) -> str:
        return reverse("teams:detail", args=[obj.team_id])

    @admin.action(description=_("Move to another team"), permissions=["roster"])
    def move(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        ask = Question(
            _("Move to another team"),
            _("They leave their team and join the other one. What they submitted stays with the team they leave."),
            ngettext_lazy("%(count)d person moved.", "%(count)d people moved.", "count"),
            MoveMemberForm,
        )
        return confirm(
            self,
            request,
            queryset,
            ask,
            lambda row, values: move_member(membership=row, team=values["team"], override=values["override"]),
        )

    @admin.action(description=_("Make captain"), permissions=["roster"])
    def captain(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        ask = Question(
            _("Make captain"),
            _("They lead their team from now on; who leads it now becomes a member."),
            ngettext_lazy("%(count)d captain changed.", "%(count)d captains changed.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: make_captain(membership=row))

    @admin.action(description=_("Remove from the team"), permissions=["roster"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        ask = Question(
            _("Remove from the team"),
            _(
                "They leave the team at once and no longer see its submissions. Only organizers can put them into a "
                "team again. A team that nobody is in and that never submitted goes away."
            ),
            ngettext_lazy("%(count)d person removed.", "%(count)d people removed.", "count"),
            ReasonForm,
        )
        return confirm(self, request, queryset, ask, lambda row, _values: end_membership(membership=row))


@admin.register(Participation)
class ParticipationAdmin(Admin):
    form = ParticipationForm
    list_display = ("user", "hackathon", "role", "organization", "created_at")
    list_filter = ("hackathon", "role")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    list_select_related = ("user", "hackathon", "organization")
    search_fields = ("user__name", "user__email", "organization__name")
    date_hierarchy = "created_at"
    autocomplete_fields = ("user", "hackathon", "organization")
    actions = ("expel",)

    def get_readonly_fields(self, request: HttpRequest, obj: Participation | None = None) -> tuple[str, ...]:
        return ("user", "hackathon") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_expel_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self, "delete")

    def save_model(
        self, request: HttpRequest, obj: Participation, form: ModelForm[Participation], change: bool
    ) -> None:
        role = Role(obj.role)
        if change:
            change_participation(participation=obj, role=role, organization=obj.organization)
        else:
            part = add_participant(user=obj.user, hackathon=obj.hackathon, role=role, organization=obj.organization)
            obj.pk = part.pk

    @admin.action(description=_("Remove from the hackathon"), permissions=["expel"])
    def expel(self, request: HttpRequest, queryset: QuerySet[Participation]) -> HttpResponse | None:
        ask = Question(
            _("Remove from the hackathon"),
            _("They are no longer participants. Members of a team must be removed from it first."),
            ngettext_lazy("%(count)d participant removed.", "%(count)d participants removed.", "count"),
            ReasonForm,
        )
        return confirm(self, request, queryset, ask, lambda row, _values: end_participation(participation=row))


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who invited whom. The link cannot be shown: only a hash of it is kept, and that is not shown either."""

    list_display = ("team", "email", "created_by", "created_at", "expires_at", "used_by", "used_at", "revoked_at")
    list_filter = (
        "team__hackathon",
        ("used_at", admin.EmptyFieldListFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
    )
    sortable_by = ("created_at",)
    list_select_related = ("team", "created_by", "used_by")
    search_fields = ("team__name", "email", "created_by__name", "used_by__name")
    date_hierarchy = "created_at"
    fields = ("team", "email", "created_by", "created_at", "expires_at", "used_by", "used_at", "revoked_at")
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> HttpResponse | None:
        ask = Question(
            _("Revoke"),
            _("The link can no longer be used. The captain can create another one."),
            ngettext_lazy("%(count)d invitation revoked.", "%(count)d invitations revoked.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: withdraw_invitation(invitation=row))
