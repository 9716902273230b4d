"""The column of a name that people choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from hackathon.web.incoming import INVALID_NAME, name_problem

if TYPE_CHECKING:  # generic for the type checker alone
    CharColumn = models.CharField[str, str]
else:
    CharColumn = models.CharField


def validate_name(name: str) -> None:
    """Raises Django's `ValidationError` for a name that cannot be one."""
    if problem := name_problem(name):
        raise ValidationError(problem, code=INVALID_NAME)


class NameInput(forms.CharField):
    """On one line."""

    default_validators: ClassVar = [validate_name]  # type: ignore[misc]  # of the class, as in Django itself

    def to_python(self, value: Any) -> Any:
        return " ".join((super().to_python(value) or "").split())


class NameField(CharColumn):
    """In migrations it is its base."""

    default_validators: ClassVar = [validate_name]  # type: ignore[misc]  # as above

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": NameInput, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
