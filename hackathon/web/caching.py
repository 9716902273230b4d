"""What browsers and proxies may keep: nothing that is a person's."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

PRIVATE = "private, no-store"
FROZEN = "private, max-age=86400, immutable"
"""Pictures of a data version: many on a page, the same for all who may see them, and they never change."""


def is_personal(request: HttpRequest, response: HttpResponse) -> bool:
    """Was the request made by somebody (a session, a token), or does the answer make it so (a cookie)?"""
    by_somebody = settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
    return by_somebody or bool(response.cookies)


class Caching:
    """The one rule for `Cache-Control`, over all that views and other middleware say, and `Vary` for whoever is polled.

    Stands outside of whatever sets a cookie. Static files never come here; a page of nobody's is left as it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_api = request.path.startswith("/api/")
        if response.get("Cache-Control") != FROZEN and (is_api or is_personal(request, response)):
            response["Cache-Control"] = PRIVATE
        if is_api:
            patch_vary_headers(response, ["Authorization", "Cookie"])
        if getattr(request, "varies_by_poll", False):
            patch_vary_headers(response, ["HX-Request"])
        return response
