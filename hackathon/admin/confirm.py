"""Admin actions: each row through its service, with an entry in its history; what loses or publishes asks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hackathon.errors import DomainError

from .base import BaseAdmin

MOST = 200
Act = Callable[[Any, dict[str, Any]], object]


class ReasonForm(forms.Form):
    """Why: kept in the history of each row."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Kept in the history of each row."), strip=True
    )


@dataclass(frozen=True)
class Question:
    """What a confirmation page asks. `done` tells with %(count)d what was done; lazy, with a plural."""

    title: str | Promise
    effect: str | Promise
    done: str | Promise
    form: type[forms.Form] | None = None


def confirm(page: BaseAdmin, request: HttpRequest, rows: QuerySet[Any], ask: Question, act: Act) -> HttpResponse | None:
    """Show what will happen to which rows; once confirmed by a second POST, call `act(row, values)` on each."""
    chosen = list(rows[: MOST + 1])
    if len(chosen) > MOST:
        messages.error(request, _("Choose at most %(count)d rows at once.") % {"count": MOST})
        return None
    posted = request.POST if "confirmed" in request.POST else None
    form = (ask.form or forms.Form)(posted)
    if posted is None or not form.is_valid():
        return _page(page, request, chosen, ask, form)
    apply_each(page, request, chosen, lambda row: act(row, form.cleaned_data), ask=ask, values=form.cleaned_data)
    return None


def _page(page: BaseAdmin, request: HttpRequest, rows: list[Any], ask: Question, form: forms.Form) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": ask.title,
        "effect": ask.effect,
        "rows": rows,
        "form": form,
        "opts": page.model._meta,
        "action": request.POST.get("action", ""),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "hackathon/admin/confirm.html", context)


def apply_each(
    page: BaseAdmin,
    request: HttpRequest,
    rows: Any,
    act: Callable[[Any], object],
    *,
    ask: Question,
    values: dict[str, Any] | None = None,
) -> None:
    """Call `act` on each row and note it in the row's history; a message tells how many, and each that did not work."""
    note = " · ".join([str(ask.title), *(str(value) for value in (values or {}).values() if value)])
    count = 0
    for row in rows:
        try:
            with transaction.atomic():
                act(row)
                if row.pk is not None:
                    page.log_change(request, row, note)
            count += 1
        except DomainError as error:
            messages.error(request, f"{row}: {error.message} {error.hint}")
    if count:
        messages.success(request, ask.done % {"count": count})
