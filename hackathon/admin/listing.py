"""The admin's lists: each takes the same time for however many rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hackathon.web.kept import kept, name_of
from hackathon.web.paginator import EXACT, SteadyPaginator

if TYPE_CHECKING:
    from .base import Admin

MOST = 10_000
PARTS = ("year", "month", "day")


class FirstRows(SteadyPaginator):
    """The first `MOST` rows of a list: neither is a longer one counted, nor does a page skip more."""

    @cached_property
    def _found(self) -> int:
        """At most one more than `MOST`."""
        rows = self.object_list.order_by()[: MOST + 1]
        return kept(f"first {name_of(self.object_list)}", rows.count, is_worth_it=lambda found: found > EXACT)

    @cached_property
    def count(self) -> int:
        return min(self._found, MOST)

    @property
    def has_others(self) -> bool:
        return self._found > MOST

    def _keys(self, first: int, end: int) -> list[Any]:
        return list(self.object_list.values_list("pk", flat=True)[first:end])


class SteadyList(ChangeList):
    """A list that sorts by the columns of `sortable_by` alone, whatever its address says, and never by DISTINCT."""

    model_admin: Admin

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        rows = super().get_queryset(request, exclude_parameters)
        if not rows.query.distinct:
            return rows
        found = rows.order_by()
        found.query.distinct = False
        once = self.apply_select_related(self.root_queryset).filter(pk__in=found.values("pk"))
        return once.order_by(*rows.query.order_by)

    def get_results(self, request: HttpRequest) -> None:
        """A list that is narrowed by nothing has no "Show all"."""
        super().get_results(request)
        if not self.query and not self.get_filters_params():
            self.full_result_count = self.result_count

    def get_ordering_field(self, field_name: Any) -> Any:
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def dates(self) -> dict[str, Any]:
        """For `admin/date_hierarchy.html`: the years, months or days from the first row's to the last one's. Some may
        have no row: only reading all rows would tell.
        """
        name = str(self.date_hierarchy)
        found = self.model._default_manager.aggregate(first=Min(name), last=Max(name))
        if found["first"] is None:
            return {"show": False}
        asked = takewhile(bool, (self.params.get(f"{name}__{part}", "") for part in PARTS))
        chosen = tuple(map(int, asked))
        if len(chosen) == len(PARTS):
            choices = [{"title": _title(chosen)}]
        else:
            first, last = (timezone.localtime(found[end]).date() for end in ("first", "last"))
            choices = [{"link": self._link(step), "title": _title(step)} for step in steps(chosen, first, last)]
        above = {"link": self._link(chosen[:-1]), "title": _title(chosen[:-1])} if chosen else None
        return {"show": True, "back": above, "choices": choices}

    def _link(self, chosen: Sequence[int]) -> str:
        name = str(self.date_hierarchy)
        asked = {f"{name}__{part}": value for part, value in zip(PARTS, chosen, strict=False)}
        return self.get_query_string(asked, [f"{name}__"])


def steps(chosen: tuple[int, ...], first: date, last: date) -> list[tuple[int, ...]]:
    """What can be chosen next, up to (year, month, day). At the start a choice with a single way is left out."""
    days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    parts = [part for part in ((day.year, day.month, day.day) for day in days) if part[: len(chosen)] == chosen]
    for depth in range(len(chosen) + 1, len(PARTS)):
        found = sorted({part[:depth] for part in parts})
        if chosen or len(found) > 1:
            return [*found]
    return [*parts]


def _title(chosen: Sequence[int]) -> str:
    if not chosen:
        return _("All dates")
    year, month, day = [*chosen, 1, 1][: len(PARTS)]
    named = (None, "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT")[len(chosen) - 1]
    return capfirst(date_format(date(year, month, day), named)) if named else str(year)
