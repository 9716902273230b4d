"""The API's one error shape: `{code, message, hint, fields}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from hackathon.errors import DomainError, Invalid, NotAllowed, NotFound, TooLarge
from hackathon.web.outages import outage_behind
from training_worker.contract.base import FieldError


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None (a 500 with a reference) for what nobody expected."""
    error = _as_domain_error(exc)
    if error is None:
        return None
    set_rollback()
    headers = error.headers()
    if isinstance(exc, exceptions.APIException) and (challenge := getattr(exc, "auth_header", None)):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return Response(error.as_json(), status=error.status, headers=headers)


def _as_domain_error(exc: Exception) -> DomainError | None:
    match exc:
        case DomainError():
            return exc
        case Http404() | exceptions.NotFound():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return NotAllowed(
                _("Permission denied"), hint=_("A read-only token cannot write; some actions are the organizers'.")
            )
        case exceptions.ValidationError():
            return Invalid(
                _("Some fields are not valid."),
                hint=_("See fields."),
                fields=list(_field_errors(exc.get_full_details())),
            )
        case exceptions.ParseError():
            return Invalid(_("The body is not valid JSON."), code="invalid_json")
        case exceptions.APIException():
            return _coded(exc)
    return outage_behind(exc)


def _coded(exc: exceptions.APIException) -> DomainError:
    error = TooLarge(str(exc.detail)) if exc.status_code == 413 else DomainError(str(exc.detail))
    error.status = exc.status_code
    error.code = str(exc.default_code)
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        error.hint = _("Send a valid token: Authorization: Bearer <token>.")
    return error


def _field_errors(details: Any, path: str = "") -> Iterator[FieldError]:
    if isinstance(details, dict) and {"message", "code"} <= details.keys():
        yield FieldError(code=str(details["code"]), field=path, message=str(details["message"]))
    elif isinstance(details, dict):
        for name, value in details.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(value, f"{path}.{step}".strip("."))
    elif isinstance(details, list):
        for value in details:
            yield from _field_errors(value, path)
