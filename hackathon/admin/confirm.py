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
from training_worker.contract.text import isolated

from .base import Admin, BaseAdmin

MOST = 200
Act = Callable[[Any, dict[str, Any]], object]


class ReasonForm(forms.Form):
    """Why: kept in the history of each row."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Kept in the history of each row."), strip=True
    )


@dataclass(frozen=True)
class Question:
    """What a confirmation page asks. `done` tells with %(count)d what was done; lazy, with a plural.

    What cannot be undone is done to one row at a time, and its text by `typed` must be typed. Nothing is asked of rows
    for which `require` raises a `DomainError`, which is told instead.
    """

    title: str | Promise
    effect: str | Promise
    done: str | Promise
    form: type[forms.Form] | None = None
    typed: Callable[[Any], str] | None = None
    require: Callable[[Any], None] | None = None


class TypedForm(forms.Form):
    """A field more on a form: the text that must be typed."""

    def __init__(self, data: Any, form: forms.Form, wanted: str) -> None:
        super().__init__(data)
        self.wanted = wanted
        label = _("Type “%(text)s” to confirm") % {"text": isolated(wanted)}
        self.fields |= form.fields
        self.fields["typed"] = forms.CharField(label=label, max_length=300)

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"].strip() != self.wanted:
            raise forms.ValidationError(_("The text does not match."), code="not_confirmed")
        return ""


def confirm(page: Admin, request: HttpRequest, rows: QuerySet[Any], ask: Question, act: Act) -> HttpResponse | None:
    """Show what will happen to which rows; once confirmed by a second POST, call `act(row, values)` on each."""
    chosen = list(rows[: MOST + 1])
    if len(chosen) > MOST:
        messages.error(request, _("Choose at most %(count)d rows at once.") % {"count": MOST})
        return None
    if ask.typed is not None and len(chosen) != 1:
        messages.error(request, _("This cannot be undone: choose one row at a time."))
        return None
    if ask.require is not None and (refusals := _refusals(chosen, ask.require)):
        for text in refusals:
            messages.error(request, text)
        return None
    posted = request.POST if "confirmed" in request.POST else None
    form = (ask.form or forms.Form)(posted)
    if ask.typed is not None:
        form = TypedForm(posted, form, ask.typed(chosen[0]))
    if posted is None or not form.is_valid():
        return _page(page, request, chosen, ask, form)
    apply_each(page, request, chosen, lambda row: act(row, form.cleaned_data), ask=ask, values=form.cleaned_data)
    return None


def _refusals(rows: list[Any], require: Callable[[Any], None]) -> list[str]:
    found = []
    for row in rows:
        try:
            require(row)
        except DomainError as error:
            found.append(f"{error.message} {error.hint}".rstrip())
    return found


def _page(page: Admin, request: HttpRequest, rows: list[Any], ask: Question, form: forms.Form) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": ask.title,
        "effect": ask.effect,
        "rows": [(row, page.describe(row)) for row in rows],
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
