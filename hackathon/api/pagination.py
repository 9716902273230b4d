"""One pagination for all lists: `?page=2&page_size=50`."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from rest_framework.pagination import PageNumberPagination

from hackathon.web.paginator import SteadyPaginator
from hackathon.web.public_url import public_url


class Pages(PageNumberPagination):
    django_paginator_class: type[Paginator[Any]] = SteadyPaginator
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_next_link(self) -> str | None:
        link = super().get_next_link()
        return link and public_url(link)

    def get_previous_link(self) -> str | None:
        link = super().get_previous_link()
        return link and public_url(link)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {"count": {"type": "integer"}, "next": link, "previous": link, "results": schema}
        return {"type": "object", "required": [*properties], "properties": properties}


class ListPages(Pages):
    """Of a sequence in memory, whose length is at hand."""

    django_paginator_class = Paginator
