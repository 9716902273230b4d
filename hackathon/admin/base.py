"""What the admin pages of all our apps share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

if TYPE_CHECKING:  # generic for the type checker alone
    BaseAdmin = admin.ModelAdmin[Any]
    BaseInline = admin.TabularInline[Any, Any]
else:
    BaseAdmin = admin.ModelAdmin
    BaseInline = admin.TabularInline


@dataclass(frozen=True)
class Attention:
    """A notice on the admin's front page: how many rows need somebody, and the filter that lists them."""

    count: int
    text: str
    query: str


class Admin(BaseAdmin):
    """Shows a row's actions on its own page too, where Django has them in the list alone."""

    change_form_template = "hackathon/admin/change_form.html"
    change_list_template = "hackathon/admin/change_list.html"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only by what the list shows or offers as a filter: Django lets an address filter by every column, and the
        number of rows would tell, a piece at a time, a private score, an event's secret or the link in a mail.
        """
        named = lookup.partition(LOOKUP_SEP)[0] in self._filtered_by(request)
        return named and bool(super().lookup_allowed(lookup, value, request))

    def _filtered_by(self, request: HttpRequest) -> set[str]:
        names = {"pk", self.model._meta.pk.name, self.date_hierarchy, *map(str, self.get_list_display(request))}
        for entry in self.get_list_filter(request):
            found = entry[0] if isinstance(entry, tuple) else getattr(entry, "parameter_name", entry)
            names.add(str(found).partition(LOOKUP_SEP)[0])
        return {str(name) for name in names if name}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        shown = context.get("original") is not None
        context["row_actions"] = self._row_actions(request) if shown else []
        return super().render_change_form(request, context, *args, **kwargs)

    def _row_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        actions = self.get_actions(request).values()
        named = [found for found in actions if found is not None and found[1] != "delete_selected"]
        return [(str(name), str(text)) for _act, name, text in named]


class ReadOnlyAdmin(Admin):
    """Rows that services alone write: to be read here, never edited, added or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyInline(BaseInline):
    """Rows of another list, to be read here; each links to its own page, where it is changed."""

    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def is_allowed(request: HttpRequest, model_admin: BaseAdmin, verb: str = "change") -> bool:
    """Has the person Django's permission for the verb on this model? Read-only pages deny `change` to everybody."""
    meta = model_admin.model._meta
    return bool(request.user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}"))
