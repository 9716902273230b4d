"""Domain errors: one base class, one JSON shape `{code, message, hint, fields}`, for pages and API alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from training_worker.contract import sentences
from training_worker.contract.base import FieldError

from .web.translation import translated_error

MAX_LISTED = 50
"""Problems that one answer, page or report names; how many more there are, it only says."""


def more_problems(count: int) -> str:
    return _(sentences.MORE_PROBLEMS) % {"count": count}


def _listed(fields: Iterable[FieldError]) -> Iterator[FieldError]:
    rest = iter(fields)
    yield from islice(rest, MAX_LISTED)
    if more := sum(1 for _field in rest):
        yield FieldError(code="too_many", field="", message=sentences.MORE_PROBLEMS(count=more))


class DomainError(Exception):
    """Something a user did that cannot be done. `status` is the HTTP status, `code` stable, `hint` says what to do.

    `fields` are the first `MAX_LISTED` of those given, and one that counts the others.
    """

    status = 400
    code = "invalid"
    retry_after: int | None = None
    """Seconds after which the same request is worth another try."""

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", fields: Iterable[FieldError] = (), **extra: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields = list(_listed(fields))
        self.code = code or type(self).code
        self.extra = extra

    def as_json(self) -> dict[str, Any]:
        fields = [translated_error(field).model_dump() for field in self.fields]
        return {"code": self.code, "message": self.message, "hint": self.hint, "fields": fields, **self.extra}

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Invalid(DomainError):
    """One or more fields are wrong."""


class NotAllowed(DomainError):
    """The viewer may know of the object but not do this."""

    status = 403
    code = "not_allowed"


class Conflict(DomainError):
    """The request does not fit the state the object is in now."""

    status = 409
    code = "conflict"


class NotFound(DomainError):
    """The object does not exist, or the viewer may not know that it does: the same answer."""

    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__(
            _("Page not found"), hint=_("It does not exist, or you have no access to it. Check the address, or log in.")
        )


class Gone(DomainError):
    """It was there and never comes back."""

    status = 410
    code = "gone"


class PhaseClosed(NotAllowed):
    code = "phase_closed"


class QuotaExceeded(DomainError):
    """A quota of the team is used up; `reset_at` says when there is more (empty: never)."""

    status = 429
    code = "quota_exceeded"


class TooManyRequests(DomainError):
    """Allauth's rate limits: per account and per network address."""

    status = 429
    code = "rate_limited"


class TooLarge(DomainError):
    status = 413
    code = "too_large"


class RangeNotSatisfiable(DomainError):
    """The part of a file that was asked for lies outside it. `size` is that of the file, in bytes."""

    status = 416
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(
            _("The file has no such part."),
            hint=ngettext("It has %(size)d byte.", "It has %(size)d bytes.", size) % {"size": size},
        )
        self._size = size

    def headers(self) -> dict[str, str]:
        return {"Content-Range": f"bytes */{self._size}"}


class Unavailable(DomainError):
    """Something that the site rests on is away for the moment: the same request may be made again."""

    status = 503
    code = "unavailable"
    retry_after = 5


class Unprocessable(DomainError):
    status = 422
    code = "unprocessable"
