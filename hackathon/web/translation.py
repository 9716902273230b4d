"""What worker and contract say in English, in the language of whoever reads it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from training_worker.contract.base import FieldError
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
