"""Pages of a long list: the last one as fast as the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from .kept import kept, name_of

if TYPE_CHECKING:  # generic for the type checker alone
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

EXACT = 1_000
"""Up to here a count is of this moment; above it may be 30 s old."""


class SteadyPaginator(AnyPaginator):
    """For querysets in a total order. It finds a page's keys first, from the nearer end, and then the rows of these.

    A database that skips to a late page reads what it skips: so it must be keys alone, of an index, and at most half of
    them. Rows that are added at the front do not move a page that is counted from the end.
    """

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return kept(f"count {name_of(rows)}", rows.count, is_worth_it=lambda found: found > EXACT)

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self._rows(first, min(first + self.per_page, self.count)), number, self)

    def _rows(self, first: int, end: int) -> list[Any]:
        """Those from place `first` up to, and without, `end`."""
        found = self._keys(first, end)
        by_key = {row.pk: row for row in self.object_list.filter(pk__in=found)}
        return [by_key[key] for key in found if key in by_key]

    def _keys(self, first: int, end: int) -> list[Any]:
        keys = self.object_list.values_list("pk", flat=True)
        if first <= self.count // 2:
            return list(keys[first:end])
        return list(keys.reverse()[self.count - end : self.count - first])[::-1]
