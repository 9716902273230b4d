"""What the admin pages of all our apps share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db import models
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .errors import DomainError

if TYPE_CHECKING:  # generic for the type checker alone
    Admin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Any]
else:
    Admin = admin.ModelAdmin
    Inline = admin.TabularInline


class ReadOnlyAdmin(Admin):
    """Rows that services alone write: to be read here, never edited, added or deleted."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReasonForm(ActionForm):
    """The action bar with a line for the reason."""

    reason = forms.CharField(label=_("Reason:"), required=False, max_length=300)


def apply_each(
    request: HttpRequest, rows: models.QuerySet[Any], act: Callable[[Any], object], *, done: str | Promise
) -> None:
    """Call `act` on each row; `done` (with %(count)d) tells how many it worked for, a message each what did not."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except DomainError as error:
            messages.error(request, f"{row}: {error.message} {error.hint}")
    if count:
        messages.success(request, str(done) % {"count": count})


def is_allowed(request: HttpRequest, model_admin: Admin, verb: str = "change") -> bool:
    """Has the person Django's permission for the verb on this model? Read-only pages deny `change` to everybody."""
    meta = model_admin.model._meta
    return bool(request.user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}"))
