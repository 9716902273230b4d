"""The hackathon's own rows in the admin: people, the event, challenges with their phases, data, models."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .admin_base import Admin, Inline, ReadOnlyAdmin, apply_each, is_allowed
from .enums import TokenScope
from .forms import ChallengeForm, HackathonForm, PersonAddForm, PersonForm
from .models import (
    ApiToken,
    BaseModel,
    Challenge,
    ChallengeData,
    Hackathon,
    Organization,
    Participation,
    Phase,
    User,
)
from .outgoing import OutgoingMail
from .services.accounts import verify_mailbox
from .services.mail import send_again
from .services.publishing import hide_challenge, publish_challenge
from .tokens import create_api_token, revoke_api_token

admin.site.site_header = admin.site.site_title = "Hacktune"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # second factor, rate limits
admin.site.index_title = _("Run the hackathons")


class ParticipationInline(Inline):
    model = Participation
    extra = 0
    autocomplete_fields = ("user", "organization", "hackathon")


@admin.register(Organization)
class OrganizationAdmin(Admin):
    list_display = ("name", "kind")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # generic for the type checker alone
    form = PersonForm
    add_form = PersonAddForm
    list_display = ("name", "email", "organization", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "participations__hackathon", "participations__role")
    search_fields = ("name", "email")
    ordering = ("name",)
    autocomplete_fields = ("organization",)
    readonly_fields = ("last_login", "created_at")
    inlines = (ParticipationInline,)
    fieldsets = (
        (None, {"fields": ("email", "name", "organization", "password")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "organization", "usable_password", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """An operator vouches for the address that they enter."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            verify_mailbox(user=obj)


@admin.register(ApiToken)
class ApiTokenAdmin(Admin):
    """A new token is shown once, right after it is made; afterwards nobody can read it."""

    list_display = ("name", "prefix", "user", "scope", "expires_at", "last_used_at", "revoked_at")
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
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        apply_each(request, queryset, lambda row: revoke_api_token(token=row), done=_("%(count)d tokens revoked."))


@admin.register(Hackathon)
class HackathonAdmin(Admin):
    form = HackathonForm
    list_display = ("name", "visibility", "starts_at", "ends_at", "time_zone", "page")
    list_filter = ("visibility", "starts_at")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    inlines: ClassVar[Any] = [ParticipationInline]
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "slug", "tagline", "description", "visibility")}),
        (_("Window"), {"fields": ("starts_at", "ends_at", "time_zone")}),
        (_("Teams"), {"fields": ("max_team_size",)}),
    )

    @admin.display(description=_("page"))
    def page(self, obj: Hackathon) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("hackathons:detail", args=[obj.slug]), obj.slug)


@admin.register(Participation)
class ParticipationAdmin(Admin):
    list_display = ("user", "hackathon", "role", "organization")
    list_filter = ("hackathon", "role")
    list_select_related = ("user", "hackathon", "organization")
    search_fields = ("user__name", "user__email", "organization__name")
    autocomplete_fields = ("user", "hackathon", "organization")


class PhaseInline(Inline):
    model = Phase
    extra = 0
    fields = ("name", "opens_at", "closes_at", "data", "per_day", "total", "at_once", "compute_seconds")
    show_change_link = True


@admin.register(Challenge)
class ChallengeAdmin(Admin):
    form = ChallengeForm
    list_display = ("title", "hackathon", "task", "primary_metric", "is_published", "page")
    list_filter = ("hackathon", "is_published", "task")
    list_select_related = ("hackathon",)
    search_fields = ("title", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("title",)}
    readonly_fields = ("is_published",)
    inlines: ClassVar[Any] = [PhaseInline]
    actions = ("publish", "hide")

    @admin.display(description=_("page"))
    def page(self, obj: Challenge) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("challenges:detail", args=[obj.slug]), obj.slug)

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Challenge]) -> None:
        done = _("%(count)d challenges published.")
        apply_each(request, queryset, lambda row: publish_challenge(challenge=row), done=done)

    @admin.action(description=_("Hide again"), permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Challenge]) -> None:
        apply_each(request, queryset, lambda row: hide_challenge(challenge=row), done=_("%(count)d challenges hidden."))


class PhaseAdmin(Admin):
    """Registered by `evaluation.admin`, which adds what is done to a board: its fields change by those actions."""

    list_display = ("name", "challenge", "opens_at", "closes_at", "data", "score_visibility")
    list_filter = ("challenge__hackathon", "score_visibility")
    list_select_related = ("challenge", "data__challenge")
    search_fields = ("name", "challenge__title")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("challenge", "name", "opens_at", "closes_at", "data")}),
        (_("Quota of a team"), {"fields": ("per_day", "total", "at_once", "compute_seconds")}),
        (_("Board"), {"fields": ("score_visibility", "frozen_at", "display_step")}),
        (_("Runs"), {"fields": ("precision", "recipe")}),
    )
    readonly_fields = ("score_visibility", "frozen_at", "display_step")


@admin.register(ChallengeData)
class ChallengeDataAdmin(ReadOnlyAdmin):
    """Versions are made by `manage.py import_challenge` and never change."""

    list_display = ("challenge", "version", "public_count", "private_count", "license", "created_at")
    list_filter = ("challenge__hackathon", "challenge")
    list_select_related = ("challenge",)
    fields = (
        "challenge",
        "version",
        "sha256",
        "public_count",
        "private_count",
        "mean_tokens",
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
    )
    readonly_fields = ("slug", "family", "architecture", "parameters", "source", "revision", "sha256")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class MailStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), ("given_up", _("given up")), ("sent", _("sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        mails = OutgoingMail.objects.all()
        states = {"waiting": mails.waiting(), "given_up": mails.given_up(), "sent": mails.filter(sent_at__isnull=False)}
        chosen = states.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(pk__in=chosen.values("pk"))


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """What the site has to say by mail, and what became of it. A mail's text is for its reader alone."""

    list_display = ("to", "subject", "created_at", "sent_at", "attempts", "next_attempt_at", "last_error")
    list_filter = (MailStateFilter, "created_at")
    search_fields = ("to", "subject")
    fields = ("to", "sender", "subject", "created_at", "sent_at", "attempts", "next_attempt_at", "last_error")
    actions = ("send_again",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.action(description=_("Send again"), permissions=["operate"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        done = _("%(count)d mails wait to be sent again.")
        apply_each(request, queryset, lambda mail: send_again(mail=mail), done=done)
