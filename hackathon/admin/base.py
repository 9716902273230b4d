"""What the admin pages of all our apps share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db import DataError, models
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from hackathon.models.markdown import MarkdownField

from .listing import FirstRows, SteadyList
from .markdown import MarkdownTextarea, has_markdown, show_preview
from .search import search
from .times import SplitLocalDateTimeField, SplitLocalDateTimeWidget, zone_note

if TYPE_CHECKING:  # generic for the type checker alone
    BaseAdmin = admin.ModelAdmin[Any]
    BaseInline = admin.TabularInline[Any, Any]
else:
    BaseAdmin = admin.ModelAdmin
    BaseInline = admin.TabularInline


logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Attention:
    """A notice on the admin's front page: how many rows need somebody, and the filter that lists them."""

    count: int
    text: str
    query: str


LOOKUPS = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte", "year", "month", "day"})
"""What filters and date hierarchies ask by. The others cost a scan, or raise in the database (`regex`)."""
_REFUSED = frozenset({*models.DateTimeField().get_lookups(), *models.JSONField().get_lookups()}) - LOOKUPS


class Admin(BaseAdmin):
    """Shows a row's actions on its own page too, where Django has them in the list alone. Its list takes the same time
    for however many rows; one that grows with an event names in `sortable_by` the columns that have an index.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_help_text = _("All words must be in one column. Ids and hashes are found by their beginning.")
    change_form_template = "hackathon/admin/change_form.html"
    change_list_template = "hackathon/admin/change_list.html"
    formfield_overrides: ClassVar = {
        models.DateTimeField: {"form_class": SplitLocalDateTimeField, "widget": SplitLocalDateTimeWidget},
    }

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A filter whose value cannot be, such as the year 9999999999, leads back to the list, as Django does where it
        sees that itself. The list is rendered here: its date hierarchy and its counts read the address too.
        """
        try:
            response: HttpResponse = super().changelist_view(request, extra_context)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response
        except (ArithmeticError, ValueError, DataError) as error:
            if request.method != "GET" or not request.GET or ERROR_FLAG in request.GET:
                raise
            logger.info("admin_filter_refused", query=request.GET.urlencode()[:200], error=repr(error)[:200])
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SteadyList]:
        return SteadyList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search(queryset, self.get_search_fields(request), search_term), False

    def get_paginator(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> FirstRows:
        """In a total order also where a field of a form looks for a row."""
        order = queryset.query.order_by or queryset.model._meta.ordering
        return FirstRows(queryset.order_by(*order, "pk"), *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only by what the list shows or offers as a filter: Django lets an address filter by every column, and the
        number of rows would tell, a piece at a time, a private score, an event's secret or the link in a mail.
        """
        parts = lookup.split(LOOKUP_SEP)
        named = parts[0] in self._filtered_by(request) and not _REFUSED.intersection(parts[1:])
        return named and bool(super().lookup_allowed(lookup, value, request))

    def _filtered_by(self, request: HttpRequest) -> set[str]:
        names = {"pk", self.model._meta.pk.name, self.date_hierarchy, *map(str, self.get_list_display(request))}
        for entry in self.get_list_filter(request):
            found = entry[0] if isinstance(entry, tuple) else getattr(entry, "parameter_name", entry)
            names.add(str(found).partition(LOOKUP_SEP)[0])
        return {str(name) for name in names if name}

    def get_urls(self) -> list[URLPattern]:
        """With the preview's, which would else be the page of a row of that name."""
        view = path("preview/", self.admin_site.admin_view(self.preview), name=self._preview_name())
        return [*([view] if has_markdown(self.model) else []), *super().get_urls()]

    def _preview_name(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}_preview"

    def preview(self, request: HttpRequest) -> HttpResponse:
        """For who may write such a row."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        return show_preview(request) if request.method == "POST" else HttpResponseNotAllowed(["POST"])

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, MarkdownField):
            url = reverse(f"admin:{self._preview_name()}", current_app=self.admin_site.name)
            kwargs["widget"] = MarkdownTextarea(url)
        if isinstance(db_field, models.DateTimeField):
            kwargs["help_text"] = self.time_help(request)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def time_help(self, request: HttpRequest) -> str:
        """What stands beside each field of a time."""
        return zone_note()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        shown = context.get("original") is not None
        context["row_actions"] = self._row_actions(request) if shown else []
        return super().render_change_form(request, context, *args, **kwargs)

    def describe(self, row: Any) -> str:
        """What tells a row from others of its name, on the page that asks to confirm an action."""
        return ""

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
