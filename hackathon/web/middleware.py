"""Headers on every answer, and domain errors as pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from hackathon.errors import DomainError

from .error_pages import render_error, unavailable
from .outages import outage_behind

Handler = Callable[[HttpRequest], HttpResponse]

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
DOCS_CSP = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'"
)


class InsideHost:
    """Whoever asks for these from inside the network knows the process by some other name than its public one."""

    PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in self.PATHS:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return self.get_response(request)


class SecurityHeaders:
    """Content-Security-Policy without `unsafe-inline` (but for the API's docs page) and a reference id per request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = uuid.uuid4().hex[:12]
        structlog.contextvars.bind_contextvars(reference=reference)
        request.reference = reference  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response.headers.setdefault("Content-Security-Policy", DOCS_CSP if request.path == "/api/docs/" else CSP)
        response.headers["X-Request-Id"] = reference
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "private, no-store")
            patch_vary_headers(response, ["Authorization", "Cookie"])
        return response


class DomainErrors:
    """A domain error in a page becomes a page that says what happened and what to do next (the API has its own).

    So does an outage of the database or the cache.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return render_error(request, exception)
        outage = outage_behind(exception)
        return unavailable(request, outage) if outage else None
