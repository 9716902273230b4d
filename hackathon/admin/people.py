"""People in the admin: accounts, organizations, API tokens, second factors."""

from __future__ import annotations

from typing import Any

from allauth.account.admin import EmailAddressAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth import admin as django_admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from hackathon.accounts.services import verify_mailbox
from hackathon.accounts.tokens import create_api_token, revoke_api_token
from hackathon.enums import TokenScope
from hackathon.models import ApiToken, Organization, Participation, User
from hackathon.services.organizers import make_organizer, remove_organizer

from .base import Admin, ReadOnlyAdmin, ReadOnlyInline, is_allowed
from .confirm import Question, confirm
from .forms import AddressForm, OrganizationForm, PersonAddForm, PersonForm, PersonPasswordForm


class ParticipationInline(ReadOnlyInline):
    model = Participation
    fields = ("hackathon", "role", "organization")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participation]:
        parts: QuerySet[Participation] = super().get_queryset(request)
        return parts.select_related("user", "hackathon", "organization")


@admin.register(Organization)
class OrganizationAdmin(Admin):
    form = OrganizationForm
    list_display = ("name", "kind", "created_at")
    list_filter = ("kind",)
    sortable_by = ("name",)
    search_fields = ("name",)


@admin.register(User)
class PersonAdmin(Admin, UserAdmin):  # type: ignore[type-arg]  # generic for the type checker alone
    form = PersonForm
    add_form = PersonAddForm
    change_password_form = PersonPasswordForm
    list_display = ("name", "email", "organization", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "participations__hackathon", "participations__role")
    search_fields = ("name", "email")
    ordering = ("name",)
    sortable_by = ("name", "email")
    autocomplete_fields = ("organization",)
    readonly_fields = ("last_login", "created_at")
    list_select_related = ("organization",)
    date_hierarchy = "created_at"
    inlines = (ParticipationInline,)
    actions = ("organize", "stop")
    fieldsets = (
        (None, {"fields": ("email", "name", "organization", "password")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "organization", "usable_password", "password1", "password2")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who may only read sees no trace of the password."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": ("email", "name", "organization", "is_active", "is_staff", *self.readonly_fields)}),)

    def has_access_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description=_("Grant organizer access"), permissions=["access"])
    def organize(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        ask = Question(
            _("Grant organizer access"),
            _(
                "They may use this admin with the permissions of the group “Organizers”: every hackathon's set-up, "
                "teams, jobs and boards, but no account, no secret and no private score before its release. To see "
                "a draft's pages they also need the role of an organizer there (People, Participations)."
            ),
            ngettext_lazy("%(count)d person is an organizer now.", "%(count)d people are organizers now.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: make_organizer(user=row))

    @admin.action(description=_("Revoke organizer access"), permissions=["access"])
    def stop(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        ask = Question(
            _("Revoke organizer access"),
            _("They leave the group “Organizers”, and the admin where they have no other permission."),
            ngettext_lazy(
                "%(count)d person is no longer an organizer.", "%(count)d people are no longer organizers.", "count"
            ),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: remove_organizer(user=row))

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """An operator vouches for the address that they enter."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            verify_mailbox(user=obj)


@admin.register(ApiToken)
class ApiTokenAdmin(Admin):
    """A new token is shown once, right after it is made; afterwards nobody can read it."""

    list_display = ("name", "prefix", "user", "scope", "expires_at", "last_used_at", "revoked_at")
    sortable_by = ()
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    list_filter = ("scope", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "prefix", "user__name", "user__email")
    fields = ("user", "name", "scope", "expires_at", "prefix", "last_used_at", "revoked_at")
    readonly_fields = ("prefix", "last_used_at", "revoked_at")
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ModelForm[ApiToken], change: bool) -> None:
        created, token = create_api_token(
            user=obj.user, name=obj.name, scope=TokenScope(obj.scope), expires_at=obj.expires_at
        )
        obj.pk, obj.prefix, obj.digest = created.pk, created.prefix, created.digest
        messages.warning(request, _("Copy the token now, it is not shown again: %(token)s") % {"token": token})

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> HttpResponse | None:
        ask = Question(
            _("Revoke"),
            _("Every request with it is refused from now on. This cannot be undone; its owner can create a new one."),
            ngettext_lazy("%(count)d token revoked.", "%(count)d tokens revoked.", "count"),
        )
        return confirm(self, request, queryset, ask, lambda row, _values: revoke_api_token(token=row))


class AddressAdmin(Admin, EmailAddressAdmin):  # type: ignore[misc]  # allauth has no types
    """Addresses that accounts log in by."""

    form = AddressForm
    sortable_by = ("email",)
    list_select_related = ("user",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("email", "user__name")


class GroupAdmin(Admin, django_admin.GroupAdmin):
    """Groups of permissions."""


def name_second_factors() -> None:
    """In the viewer's language: allauth names neither its model nor the fields."""
    options = Authenticator._meta
    options.verbose_name, options.verbose_name_plural = _("second factor"), _("second factors")
    names = {"user": _("person"), "type": _("type"), "created_at": _("created at"), "last_used_at": _("last used at")}
    for field, name in names.items():
        options.get_field(field).verbose_name = name


class SecondFactorAdmin(ReadOnlyAdmin):
    """Who lost their device: delete the row, and they log in by password. What is in it is never shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    sortable_by = ()
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_allowed(request, self, "delete")
