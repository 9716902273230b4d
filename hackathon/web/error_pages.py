"""The error pages."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _

from hackathon.errors import DomainError, NotAllowed, NotFound, TooManyRequests, Unavailable

from .outages import outage_behind


def icon(request: HttpRequest) -> HttpResponse:
    """For pages that name no icon of their own, such as the admin's."""
    return redirect(static("hackathon/icon.svg"))


def answer(request: HttpRequest, error: DomainError, template: str = "hackathon/error.html") -> HttpResponse:
    """As a page, or as JSON where the API was asked."""
    if request.path.startswith("/api/"):
        return JsonResponse(error.as_json(), status=error.status, headers=error.headers())
    response = render(request, template, {"error": error}, status=error.status)
    for name, value in error.headers().items():
        response[name] = value
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, DomainError(_("Bad request"), hint=_("Go back and try again.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(
        request, NotAllowed(_("Permission denied"), hint=_("Log in with another account, or ask an organizer."))
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotFound())


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """allauth's rate limits answer with this."""
    error = TooManyRequests(_("Too many requests"), hint=_("Wait a few minutes, then try again."))
    return answer(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    hint = _("Reload the page and submit it again. Cookies must be enabled.")
    return answer(
        request, NotAllowed(_("This form has expired, or came from another site."), hint=hint, code="csrf_failed")
    )


def unavailable(request: HttpRequest, error: Unavailable) -> HttpResponse:
    """The database or the cache is away: a page that needs neither."""
    return answer(request, error, "hackathon/503.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Names the request, so that an operator finds it in the log. Touches neither database nor session."""
    if (error := sys.exception()) and (outage := outage_behind(error)):
        return unavailable(request, outage)
    reference = getattr(request, "reference", "")
    if request.path.startswith("/api/"):
        told = DomainError(
            _("Something went wrong on our side."),
            code="internal_error",
            hint=_("Try again later."),
            reference=reference,
        )
        return JsonResponse(told.as_json(), status=500)
    return render(request, "hackathon/500.html", {"reference": reference}, status=500)
