"""The OpenAPI document and the page that shows it. It is the same for everybody, so it is made once."""

from __future__ import annotations

import threading

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from .strict import StrictAPIView

_making = threading.Lock()
_made: dict[str, str | bytes] = {}


def rendered(renderer: BaseRenderer) -> str | bytes:
    """The document in English. Whoever asks while it is being made waits: drf-spectacular makes one at a time only."""
    with _making, override("en"):
        if renderer.format not in _made:
            document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
            _made[renderer.format] = renderer.render(document, renderer_context={})
        return _made[renderer.format]


@extend_schema(exclude=True)
class DocumentView(StrictAPIView):
    """YAML or JSON, as `Accept` says; it takes no parameters."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = tuple(SpectacularAPIView.renderer_classes)

    def get(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        name = f'inline; filename="hacktune.{renderer.format}"'
        headers = {"Content-Disposition": name}
        return HttpResponse(rendered(renderer), content_type=renderer.media_type, headers=headers)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI, in the reader's colours."""
    return render(request, "hackathon/api_docs.html")
