"""Headers on every answer, and domain errors as pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import is_valid_path

from hackathon.errors import DomainError

from .error_pages import answer, unavailable
from .outages import outage_behind

Handler = Callable[[HttpRequest], HttpResponse]

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
DOCS_CSP = CSP + "; style-src 'self' 'unsafe-inline'"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SESSION_KEY = re.compile(r"[0-9a-z]{8,64}")


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
    """A reference id per request, and a Content-Security-Policy without `unsafe-inline`, but for Swagger's styles."""

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
        return response


class KnownMethods:
    """405 for TRACE, which would echo a request's headers, and for what is no method of HTTP, on every address."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return self.get_response(request)


class ApiSlash:
    """The API's addresses end in a slash; one without it is the same address, whatever the method and the client."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if (
            path.startswith("/api/")
            and not path.endswith("/")
            and not is_valid_path(path)
            and is_valid_path(f"{path}/")
        ):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)


class CleanSessions(SessionMiddleware):
    """A cookie that is no session's key is no cookie: PostgreSQL takes no NUL, not even in a question."""

    def process_request(self, request: HttpRequest) -> None:
        if not SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)


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
            return answer(request, exception)
        outage = outage_behind(exception)
        return unavailable(request, outage) if outage else None
