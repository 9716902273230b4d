"""Text from outside, judged at the doors: addresses and forms of pages here, JSON and YAML where they are read.

What may not come in is `training_worker.contract.text`'s to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from hackathon.errors import DomainError, Invalid, NotFound
from training_worker.contract.base import JSON, FieldError
from training_worker.contract.text import has_visible_letter, refused_character, turning_character

from .error_pages import answer

DEEPEST = 100
"""Levels of lists and objects in each other: far from where Python, pydantic or a database give up."""
MOST_FIELDS = 20
"""That an answer names."""
LONGEST_NAME = 100
INVALID_NAME = "invalid_name"


def text_problem(text: str) -> str:
    """What is wrong with a text that came in; "" where nothing is."""
    return _not_taken(refused_character(text))


def _not_taken(character: str) -> str:
    return (
        _("This text has a character that is not allowed: %(character)s.") % {"character": character}
        if character
        else ""
    )


def name_problem(name: str) -> str:
    """What is wrong with a name that people are to be shown, beyond what is wrong with a text; "" where nothing is."""
    if problem := _not_taken(turning_character(name)):
        return problem
    return "" if has_visible_letter(name) else _("A name needs a letter or a digit that can be seen.")


def require_name(name: str) -> str:
    """The name on one line. Raises `Invalid`: `required` where it is empty, `invalid_name`."""
    name = " ".join(name.split())
    code, message = ("required", _("Enter a name.")) if not name else (INVALID_NAME, name_problem(name))
    if message:
        raise Invalid(message, fields=[FieldError(code=code, field="name", message=message)])
    return name


def require_clean(data: JSON) -> None:
    """Raises `Invalid` for parsed JSON that has such a text, as key or value, a number that is too large, or too many
    levels."""
    refuse(_problems(data))


def refuse(problems: Iterable[FieldError]) -> None:
    """Raises `Invalid` where there are problems."""
    found = [problem for problem, _number in zip(problems, range(MOST_FIELDS), strict=False)]
    if found:
        raise Invalid(
            _("Some fields are not valid."),
            hint=_("Remove control characters other than tab and line breaks, and halves of surrogate pairs."),
            code=found[0].code,
            fields=found,
        )


def _problems(data: JSON) -> Iterator[FieldError]:
    """Level by level, so that no depth is too deep for this function."""
    level: list[tuple[str, JSON]] = [("", data)]
    for _depth in range(DEEPEST):
        below: list[tuple[str, JSON]] = []
        for path, value in level:
            if isinstance(value, dict):
                yield from _of_texts((f"{path}.{key}".lstrip("."), key) for key in value)
                below += ((f"{path}.{key}".lstrip("."), item) for key, item in value.items())
            elif isinstance(value, list):
                below += ((f"{path}.{index}".lstrip("."), item) for index, item in enumerate(value))
            elif isinstance(value, str):
                yield from _of_texts([(path, value)])
            elif isinstance(value, float) and not math.isfinite(value):
                yield FieldError(code="invalid_number", field=_shown(path), message=_("This number is too large."))
        level = below
        if not level:
            return
    yield FieldError(code="too_deep", field=_shown(level[0][0]), message=_("The text is nested too deeply."))


def _of_texts(texts: Iterable[tuple[str, str]]) -> Iterator[FieldError]:
    for name, text in texts:
        if problem := text_problem(text):
            yield FieldError(code="invalid_text", field=_shown(name), message=problem)


def _shown(name: str) -> str:
    """A name that itself may hold what no answer can."""
    cut = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in cut)


class CleanText:
    """Answers 400 to a page's or form's parameter with such a text, 404 to such an address: no view sees them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if text_problem(request.path):
            return answer(request, NotFound())
        try:
            refuse(_of_texts(_parameters(request)))
        except DomainError as error:
            return answer(request, error)
        return None


def _parameters(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """(name, text) of every name and value in the query, and in the body of a page's form."""
    for query in [request.GET] if request.path.startswith("/api/") else [request.GET, request.POST]:
        for name, values in query.lists():
            yield from ((name, text) for text in (name, *(str(value) for value in values)))
