"""Searching a list of the admin, in a time that does not depend on how many rows it has.

A row is found where one of the list's `search_fields` has all the words. Each of these columns is asked first, in its
own table and by its own index, for up to `MOST` rows; the list is then narrowed by their keys. Where a column has more,
the text is so common that the list is read in its order until a page is full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.admin.utils import get_fields_from_path, lookup_spawns_duplicates
from django.db.models import Exists, Field, IntegerField, Model, OuterRef, Q, QuerySet, UUIDField
from django.db.models.constants import LOOKUP_SEP
from django.utils.text import smart_split, unescape_string_literal

MOST = 1000
LETTERS = 3
"""So many letters or digits in a row are what a trigram index needs; a shorter text is looked for as a beginning."""
ID_DIGITS = 6
"""Of an id, at least; lists show eight."""
PREFIX = "__startswith"


@dataclass(frozen=True)
class Column:
    """`relation` leads from the list's model to the table of `field`; "" is the list's own."""

    relation: str
    field: Field[Any, Any]
    is_prefix: bool

    @classmethod
    def of(cls, model: type[Model], entry: str) -> Column:
        """As `search_fields` names it: texts by a part of them, or with `__startswith` by their beginning, numbers
        exactly, ids by their beginning."""
        path = entry.removesuffix(PREFIX)
        field = get_fields_from_path(model, path)[-1]
        return cls(path.rpartition(LOOKUP_SEP)[0], field, path != entry)

    def conditions(self, words: list[str]) -> dict[str, Any]:
        """Lookups within the field's own model that all must hold; {} where no row can have these words."""
        name = self.field.name
        if isinstance(self.field, (UUIDField, IntegerField)) or self.is_prefix:
            return dict(self._whole(name, words[0])) if len(words) == 1 else {}
        if any(len(run) >= LETTERS for word in words for run in re.findall(r"[^\W_]+", word)):
            return {f"{name}__icontains": words}
        return {f"{name}__istartswith": words[:1], f"{name}__icontains": words[1:]}

    def _whole(self, name: str, word: str) -> Iterator[tuple[str, list[Any]]]:
        digits = word.replace("-", "").lower()
        if isinstance(self.field, IntegerField):
            if re.fullmatch(r"#?[0-9]{1,9}", word):
                yield name, [int(word.removeprefix("#"))]
        elif not isinstance(self.field, UUIDField):
            yield f"{name}{PREFIX}", [word.lower()]
        elif re.fullmatch(rf"[0-9a-f]{{{ID_DIGITS},32}}", digits):
            yield f"{name}__range", [(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))]

    def matching(self, words: list[str], prefix: str = "") -> Q | None:
        asked = [(lookup, value) for lookup, values in self.conditions(words).items() for value in values]
        return reduce(Q.__and__, (Q(**{prefix + lookup: value}) for lookup, value in asked)) if asked else None


def search(rows: QuerySet[Any], search_fields: Iterable[str], text: str) -> QuerySet[Any]:
    """Those of `rows`, each once, in which one of the columns has all the words."""
    words = [_unquoted(word) for word in smart_split(text)]
    if not words:
        return rows
    few: list[QuerySet[Any]] = []
    many: list[Q | Exists] = []
    for column in (Column.of(rows.model, str(entry)) for entry in search_fields):
        found = _found(column, words)
        if len(found) > MOST:
            many.append(_condition(rows.model, column, words))
        elif found:
            path = f"{column.relation}__in" if column.relation else "pk__in"
            few.append(rows.model._base_manager.filter(**{path: found}).order_by().values("pk"))
    if few:
        many.append(Q(pk__in=few[0].union(*few[1:]) if few[1:] else few[0]))
    return rows.filter(reduce(or_, many)) if many else rows.none()


def _unquoted(word: str) -> str:
    return unescape_string_literal(word) if word[0] in "\"'" and len(word) > 1 and word[0] == word[-1] else word


def _found(column: Column, words: list[str]) -> list[Any]:
    """Keys of the column's table, at most one more than `MOST`."""
    matching = column.matching(words)
    if matching is None:
        return []
    table = column.field.model._base_manager
    return list(table.filter(matching).order_by().values_list("pk", flat=True)[: MOST + 1])


def _condition(model: type[Model], column: Column, words: list[str]) -> Q | Exists:
    """On the list's rows. A relation to many is asked aside, so that no row is found twice."""
    prefix = f"{column.relation}__" if column.relation else ""
    matching = column.matching(words, prefix)
    assert matching is not None
    if not column.relation or not lookup_spawns_duplicates(model._meta, prefix + column.field.name):
        return matching
    return Exists(model._base_manager.filter(matching, pk=OuterRef("pk")))
