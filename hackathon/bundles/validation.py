"""What pydantic found wrong, in sentences of our own, which can be said in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from hackathon.web.translation import translated
from training_worker.contract import sentences

from .problems import Said


def validation_messages(error: ValidationError) -> Iterator[Said]:
    """Everything that pydantic found, without the values."""
    details = error.errors(include_url=False, include_input=False)
    inner = {item["loc"][:length] for item in details for length in range(len(item["loc"]))}
    for item in details:
        if item["type"] == "too_short" and item["loc"] in inner:
            continue  # pydantic does not count wrong items: the list is short because of them
        path = item["loc"][:-1] if item["loc"][-1:] == ("[key]",) else item["loc"]
        yield path, _message(item["type"], item.get("ctx", {}))


def _message(kind: str, context: dict[str, Any]) -> str:
    if "message" in context:  # `limits.wrong`: said already
        return str(context["message"])
    if kind in _bounded() and context:
        return _bounded()[kind] % {name: _plain(value) for name, value in context.items()}
    return _of_a_kind().get(kind.partition("_")[0], translated(sentences.WRONG_KIND))


def _plain(value: Any) -> str:
    """Choices without the quotes and the English "or" that pydantic has put between them."""
    if isinstance(value, str):
        return value.replace("' or '", "', '").strip("'").replace("', '", ", ")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _bounded() -> dict[str, str]:
    """By pydantic's name of the mistake; the values are those that it gives with it."""
    return {
        "greater_than": _("Must be above %(gt)s."),
        "greater_than_equal": _("Must be at least %(ge)s."),
        "less_than": _("Must be below %(lt)s."),
        "less_than_equal": _("Must be at most %(le)s."),
        "literal_error": _("Must be one of: %(expected)s."),
        "enum": _("Must be one of: %(expected)s."),
        "string_pattern_mismatch": _("Must match the pattern %(pattern)s."),
        "string_too_short": _("Length must be at least %(min_length)s."),
        "string_too_long": _("Length must be at most %(max_length)s."),
        "too_short": _("Length must be at least %(min_length)s."),
        "too_long": _("Length must be at most %(max_length)s."),
    }


def _of_a_kind() -> dict[str, str]:
    """By the first word of pydantic's name of the mistake."""
    a_list, keys = _("This is not a list."), _("These are not keys with values.")
    return {
        "extra": _("There is no such key."),
        "missing": _("This key is missing."),
        "timezone": _("Give the time with its offset from UTC: 2026-11-27T18:00:00+01:00."),
        "datetime": _("This is not a time. An example: 2026-11-27T18:00:00+01:00."),
        "int": translated(sentences.NOT_WHOLE),
        "float": translated(sentences.NOT_A_NUMBER),
        "finite": translated(sentences.NOT_FINITE),
        "json": translated(sentences.NOT_JSON),
        "string": _("This is not text."),
        "bool": _("This is neither true nor false."),
        "tuple": a_list,
        "list": a_list,
        "dict": keys,
        "model": keys,
    }
