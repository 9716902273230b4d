"""Filters of the admin's lists that know their choices without reading the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from hackathon.models import Phase


class PhaseFilter(admin.RelatedFieldListFilter):
    """Phases, each named with its challenge, in one query."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(phase.pk), str(phase)) for phase in Phase.objects.select_related("challenge").order_by("opens_at")]


class EventFilter(admin.RelatedFieldListFilter):
    """By hackathon, of rows that belong to its phases: asked by these, which are few, as the database then knows how
    many rows it will find."""

    TO_HACKATHON = "__challenge__hackathon"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen: Any = self.used_parameters.get(self.lookup_kwarg)
        if chosen is None:
            return super().queryset(request, queryset)
        try:
            phases = Phase.objects.filter(challenge__hackathon__in=chosen).order_by().values_list("pk", flat=True)
            return queryset.filter(**{f"{self.field_path.removesuffix(self.TO_HACKATHON)}__in": list(phases)})
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error


class KnownValuesFilter(admin.AllValuesFieldListFilter):
    """By a text of which all values are known."""

    values: Sequence[str | int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lookup_choices: Any = self.values
