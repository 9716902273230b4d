"""What worker and contract say in English, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.base import FieldError
from training_worker.contract.log_lines import LOG_TEMPLATES, log_text
from training_worker.contract.sentences import recognize


def translated(text: str) -> str:
    """A sentence of the platform's in the active language, and the sentences in it; other words as they are."""
    found = recognize(text)
    if found is None:
        return text
    template, values = found
    said = _(template)
    return said % {name: translated(value) for name, value in values.items()} if values else said


def translated_error(error: FieldError) -> FieldError:
    return error.model_copy(update={"message": translated(error.message), "allowed": translated(error.allowed)})


def translated_line(line: Mapping[str, Any]) -> dict[str, Any]:
    """A stored log line {"at", "id", "values"}, and as "text" what it says in the active language.

    An id that this site does not know is shown with its values.
    """
    message_id, values = line.get("id", ""), line.get("values", {})
    template = LOG_TEMPLATES.get(message_id)
    text = log_text(message_id, values, _(template) if template else "")
    return {"at": line["at"], "id": message_id, "values": values, "text": text if message_id else line.get("text", "")}
