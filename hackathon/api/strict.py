"""Strictness every endpoint shares: unknown fields and query parameters are refused, big bodies too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.generics import ListAPIView
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hackathon.errors import Invalid, TooLarge
from training_worker.contract.base import FieldError

from .pagination import Pages

MAX_BODY = 2**20


class JSONBody(BaseParser):
    """JSON of at most 1 MiB; no NaN, no doubled keys. Raises 413 or `invalid_json`."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge(_("The body is larger than 1 MiB."))
        try:
            return json.loads(body, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ParseError from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("doubled key")
    return result


def _refuse_constant(constant: str) -> Any:
    raise ValueError(constant)


class TextInput(serializers.CharField):
    """Text and nothing that could be made into one: DRF's own field takes numbers."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdInput(serializers.UUIDField):
    """An id as the API shows it: DRF's own field takes numbers."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that answers `unknown_field` for every field it does not have."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unknown(data, [name for name, field in self.fields.items() if not field.read_only])
        return super().to_internal_value(data)


def refuse_unknown(data: Iterable[Any], known: Iterable[str]) -> None:
    """Raises `Invalid` (400) that names every unknown field at once."""
    _refuse(
        data,
        known,
        code="unknown_field",
        message=_("There are fields that do not belong here."),
        each=_("There is no such field."),
    )


def _refuse(data: Iterable[Any], known: Iterable[str], *, code: str, message: str, each: str) -> None:
    allowed = list(known)
    unknown = [str(name) for name in data if name not in allowed]
    if unknown:
        named = ", ".join(allowed)
        fields = (FieldError(code=code, field=name, message=each, allowed=named) for name in unknown)
        raise Invalid(message, hint=_("Leave them out."), code=code, fields=fields)


class StrictAPIView(APIView):
    """Base of all views of the API.

    `query` is the serializer of the query parameters a GET knows; other parameters get 400, and so do the parameters
    of a write. `parameters` holds what it read. `summaries` names each method ("get") in the API's description; the
    docstring of the view or of the method is the longer text there, so it is written for users.
    """

    query: ClassVar[type[serializers.Serializer[Any]]] = StrictSerializer
    summaries: ClassVar[Mapping[str, str]] = {}
    parser_classes = (JSONBody,)
    parameters: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.query if request.method in SAFE_METHODS else StrictSerializer
        serializer = known(data=request.query_params.dict())
        _refuse(
            request.query_params,
            serializer.fields,
            code="unknown_parameter",
            message=_("There are query parameters that do not belong here."),
            each=_("There is no such parameter."),
        )
        serializer.is_valid(raise_exception=True)
        self.parameters = dict(serializer.validated_data)

    def read(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body, as that input serializer reads it. Raises 400 with every problem."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class PageQuery(StrictSerializer):
    """What every list knows; subclass it to add filters."""

    page = serializers.IntegerField(min_value=1, required=False)
    page_size = serializers.IntegerField(min_value=1, max_value=Pages.max_page_size, required=False)


Row = TypeVar("Row", bound=Model)


class StrictListView(StrictAPIView, ListAPIView[Row]):
    """Base of all lists: paginated, and as strict as the rest."""

    query = PageQuery

    def rows(self, page: list[Row]) -> Sequence[Any]:
        """What the output serializer gets for the rows of this page."""
        return page

    def paginated(self, rows: QuerySet[Row]) -> Response:
        """One page of `rows`, which must be in a total order."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(self.rows(list(page or [])), many=True).data)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.paginated(self.get_queryset())
