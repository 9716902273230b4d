"""Train and validation of a challenge: facts, rows and files, for who takes part. Never a test item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hackathon.clock import db_now
from hackathon.dataset.facts import DataFacts
from hackathon.dataset.files import download_response
from hackathon.dataset.rows import SPLITS, facts_of, find_rows
from hackathon.dataset.tab import LONGEST_SEARCH, chosen_version, downloads_of, open_versions
from hackathon.errors import NotFound
from hackathon.models import ChallengeData
from hackathon.visibility import Viewer
from hackathon.web.public_url import public_url

from .files import FILE_RENDERERS
from .pagination import ListPages
from .serializers import schema_of
from .strict import PageQuery, StrictAPIView, StrictSerializer
from .views import visible_challenge

MOST_VERSIONS = 1_000_000


class VersionQuery(StrictSerializer):
    version = serializers.IntegerField(
        min_value=1,
        max_value=MOST_VERSIONS,
        required=False,
        help_text="A data version; else that of the current phase.",
    )


class RowsQuery(PageQuery, VersionQuery):
    search = serializers.CharField(
        max_length=LONGEST_SEARCH, required=False, help_text="Only rows whose id or inputs have this text, in any case."
    )
    label = serializers.CharField(  # type: ignore[assignment]  # "label" is the name of the column
        required=False, help_text="Only rows of this label; where answers are tags, with an entity of this type."
    )


class DataFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    url = serializers.CharField(help_text="Where the API gives the file.")


class BrowsedDataSerializer(serializers.Serializer[Any]):
    """What is in train and validation of one data version."""

    version = serializers.IntegerField()
    versions = serializers.ListField(
        child=serializers.IntegerField(), help_text="Those you may browse, the newest first."
    )
    license = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # "source" is the name of the column
    facts = serializers.SerializerMethodField(
        help_text="By split: examples, labels, lengths (in estimated tokens) and true values."
    )
    files = DataFileSerializer(many=True)

    @extend_schema_field(schema_of(DataFacts))
    def get_facts(self, shown: ShownData) -> Any:
        return shown.facts.model_dump(mode="json")


class RowsSerializer(serializers.Serializer[Any]):
    """One page of rows, each with `id`, the task's inputs and the true answer, as in the file."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())


@dataclass(frozen=True)
class ShownData:
    data: ChallengeData
    facts: DataFacts
    versions: list[int]

    @property
    def version(self) -> int:
        return self.data.version

    @property
    def license(self) -> str:
        return self.data.license

    @property
    def source(self) -> str:
        return self.data.source

    @property
    def files(self) -> list[dict[str, Any]]:
        slug = self.data.challenge.slug
        return [file | {"url": _file_url(slug, self.version, file["name"])} for file in downloads_of(self.data)]


def _file_url(slug: str, version: int, name: str) -> str:
    return public_url(reverse("api:data-file", args=[slug, version, name]))


def shown_data(viewer: Viewer, slug: str, version: int | None) -> ShownData:
    """Raises `NotFound` where the viewer may not browse it."""
    challenge, now = visible_challenge(viewer, slug), db_now()
    versions = open_versions(viewer, challenge, now=now)
    data = chosen_version(versions, challenge, str(version or ""), now=now)
    facts = facts_of(data) if data else None
    if data is None or facts is None:
        raise NotFound
    return ShownData(data, facts, [each.version for each in versions])


class DataView(StrictAPIView):
    """Counts, lengths, licence and files of train and validation, for those who take part, once a phase has opened."""

    summaries: ClassVar = {"get": "Show what is in the data"}
    query = VersionQuery

    @extend_schema(responses=BrowsedDataSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return Response(BrowsedDataSerializer(shown_data(request.user, slug, self.parameters.get("version"))).data)


class RowsView(StrictAPIView):
    """Rows of train or validation, in the order of the file."""

    summaries: ClassVar = {"get": "List rows of the data"}
    query = RowsQuery

    @extend_schema(
        parameters=[OpenApiParameter("split", str, OpenApiParameter.PATH, enum=SPLITS)], responses=RowsSerializer
    )
    def get(self, request: Request, slug: str, split: str) -> Response:
        found = next((name for name in SPLITS if name == split), None)
        if found is None:
            raise NotFound
        data = shown_data(request.user, slug, self.parameters.get("version")).data
        search, label = (self.parameters.get(name, "") for name in ("search", "label"))
        pages = ListPages()
        rows: Any = find_rows(data, found, search=search, label=label)
        return pages.get_paginated_response(pages.paginate_queryset(rows, request, self) or [])


class DataFileView(StrictAPIView):
    """Download a file of train or validation, or the part that `Range` names. Test files are never served."""

    summaries: ClassVar = {"get": "Download a file of the data"}
    renderer_classes = FILE_RENDERERS

    @extend_schema(
        responses={
            (code, kind): OpenApiTypes.BINARY
            for code in (200, 206)
            for kind in ("application/jsonl", "application/x-tar")
        }
    )
    def get(self, request: Request, slug: str, version: int, file: str) -> FileResponse:
        return download_response(request._request, request.user, slug=slug, version=version, name=file)
