"""Log-in and the error pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from .errors import DomainError, NotAllowed, NotFound
from .forms import LoginForm
from .live import is_poll


class LogIn(LoginView):
    """By e-mail, in any spelling of it."""

    template_name = "hackathon/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A live fragment whose reader is no longer logged in is not filled with this page: the whole page reloads."""
        if is_poll(request):
            return HttpResponseClientRefresh()
        return super().dispatch(request, *args, **kwargs)


def icon(request: HttpRequest) -> HttpResponse:
    """For pages that name no icon of their own, such as the admin's."""
    return redirect(static("hackathon/icon.svg"))


def _answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(error.as_json(), status=error.status)
    return render(request, "hackathon/error.html", {"error": error}, status=error.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, DomainError(_("This request could not be read."), hint=_("Go back and try again.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(
        request, NotAllowed(_("You may not do this."), hint=_("Log in with another account, or ask an organizer."))
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    hint = _("Reload the page and send it again; cookies must be allowed.")
    return _answer(
        request, NotAllowed(_("This form was too old, or came from another site."), hint=hint, code="csrf_failed")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Names the request, so that an operator finds it in the log. Touches neither database nor session."""
    reference = getattr(request, "reference", "")
    if request.path.startswith("/api/"):
        error = DomainError(
            _("Something went wrong on our side."),
            code="internal_error",
            hint=_("Try again later."),
            reference=reference,
        )
        return JsonResponse(error.as_json(), status=500)
    return render(request, "hackathon/500.html", {"reference": reference}, status=500)
