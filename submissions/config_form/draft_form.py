"""What the config as a form and the config as YAML share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from hackathon.web.translation import translated_error
from training_worker.contract.adjusted import AdjustedValue
from training_worker.contract.base import JSON, FieldError

from .annotations import ANNOTATIONS, AnnotationForm
from .fields import as_text


def problem_text(error: FieldError) -> str:
    """What is wrong with a field and what it accepts, in the reader's language."""
    said = translated_error(error)
    if not said.allowed:
        return said.message
    return _("%(problem)s Allowed: %(allowed)s.") % {"problem": said.message, "allowed": said.allowed}


def adjusted_text(value: AdjustedValue) -> str:
    """What becomes of a value, in the reader's language."""
    if value.reason == "rounded":
        return _("Rounded to %(value)s.") % {"value": as_text(value.used)}
    return _("Has the same effect here as %(value)s.") % {"value": as_text(value.used)}


class DraftField(BoundField):
    """A field with what is said of a value that is accepted."""

    form: DraftForm

    @property
    def notes(self) -> list[str]:
        return self.form.notes.get(self.name, [])

    @property
    def aria_describedby(self) -> str | None:
        """What a live check fills is always there."""
        help_text = [f"{self.auto_id}_helptext"] if self.help_text else []
        return None if self.is_hidden else " ".join([*help_text, f"{self.auto_id}_said"])


class DraftForm(AnnotationForm):
    """What both tabs share. Always bound, so that the contract's problems can be put beside their fields."""

    bound_field_class = DraftField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes: dict[str, list[str]] = {}

    @property
    def annotations(self) -> dict[str, str]:
        """Note and tags as they were typed."""
        return {name: str(self.data.get(name, "")) for name in ANNOTATIONS}

    def config(self) -> JSON:
        """What is to be submitted, None where the text cannot be read. Needs `is_valid` to have been called."""
        raise NotImplementedError

    def add_problems(self, errors: Iterable[FieldError]) -> None:
        raise NotImplementedError

    def add_adjusted(self, values: Iterable[AdjustedValue]) -> None:
        """Say beside its field what becomes of each value."""
        raise NotImplementedError
