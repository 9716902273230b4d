"""Teams and who is in them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from hackathon.admin_base import Admin, Inline, ReadOnlyAdmin, apply_each, is_allowed

from .invitations import withdraw_invitation
from .models import Invitation, Membership, Team


class MembershipInline(Inline):
    model = Membership
    extra = 0
    fields = ("user", "role", "left_at")
    autocomplete_fields = ("user",)


@admin.register(Team)
class TeamAdmin(Admin):
    list_display = ("name", "hackathon", "people", "is_reserved", "is_locked", "page", "created_at")
    list_filter = ("hackathon", "is_reserved", "is_locked")
    list_select_related = ("hackathon",)
    search_fields = ("name", "memberships__user__name", "memberships__user__email")
    autocomplete_fields = ("hackathon",)
    inlines: ClassVar[Any] = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        current = Count("memberships", filter=Q(memberships__left_at__isnull=True))
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(people=current)

    @admin.display(description=_("people"), ordering="people")
    def people(self, obj: Any) -> int:
        return int(obj.people)

    @admin.display(description=_("page"))
    def page(self, obj: Team) -> SafeString | str:
        if obj.is_reserved:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("teams:detail", args=[obj.pk]), _("page"))

    def save_formset(self, request: HttpRequest, form: ModelForm[Team], formset: Any, change: bool) -> None:
        for membership in formset.save(commit=False):
            membership.hackathon = form.instance.hackathon
            membership.save()
        for gone in formset.deleted_objects:
            gone.delete()


@admin.register(Membership)
class MembershipAdmin(Admin):
    list_display = ("user", "team", "hackathon", "role", "created_at", "left_at")
    list_filter = ("hackathon", "role", ("left_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "team", "hackathon")
    search_fields = ("user__name", "user__email", "team__name")
    autocomplete_fields = ("user", "team")
    fields = ("user", "team", "role", "left_at")

    def save_model(self, request: HttpRequest, obj: Membership, form: ModelForm[Membership], change: bool) -> None:
        obj.hackathon = obj.team.hackathon
        obj.save()


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who invited whom. The link cannot be shown: only a hash of it is kept, and that is not shown either."""

    list_display = ("team", "email", "created_by", "created_at", "expires_at", "used_by", "used_at", "revoked_at")
    list_filter = (
        "team__hackathon",
        ("used_at", admin.EmptyFieldListFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("team", "created_by", "used_by")
    search_fields = ("team__name", "email", "created_by__name", "used_by__name")
    fields = ("team", "email", "created_by", "created_at", "expires_at", "used_by", "used_at", "revoked_at")
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        apply_each(
            request,
            queryset,
            lambda row: withdraw_invitation(invitation=row),
            done=_("%(count)d invitations can no longer be used."),
        )
