"""Outgoing mail in the admin: what waits, what was given up and why, and "send again"."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from hackathon.mail.services import send_again
from hackathon.models.mail import OutgoingMail, OutgoingMailQuerySet

from .base import Attention, ReadOnlyAdmin, is_allowed
from .confirm import Question, apply_each


class MailStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), ("given_up", _("given up")), ("sent", _("sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        mails = cast(OutgoingMailQuerySet, queryset)
        states = {"waiting": mails.waiting(), "given_up": mails.given_up(), "sent": mails.filter(sent_at__isnull=False)}
        return states.get(self.value() or "", queryset)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """What the site has to say by mail, and what became of it. A mail's text is for its reader alone."""

    list_display = ("to", "subject", "created_at", "sent_at", "attempts", "next_attempt_at", "last_error")
    list_filter = (MailStateFilter, "created_at")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    search_fields = ("to", "subject")
    date_hierarchy = "created_at"
    fields = ("to", "sender", "subject", "created_at", "sent_at", "attempts", "next_attempt_at", "last_error")
    actions = ("send_again",)

    def attention(self, request: HttpRequest) -> list[Attention]:
        count = OutgoingMail.objects.given_up().count()
        return (
            [
                Attention(
                    count,
                    ngettext("e-mail could not be delivered", "e-mails could not be delivered", count),
                    "state=given_up",
                )
            ]
            if count
            else []
        )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_allowed(request, self)

    @admin.action(description=_("Send again"), permissions=["operate"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        ask = Question(
            _("Send again"),
            "",
            ngettext_lazy("%(count)d e-mail is queued again.", "%(count)d e-mails are queued again.", "count"),
        )
        apply_each(self, request, queryset, lambda mail: send_again(mail=mail), ask=ask)
