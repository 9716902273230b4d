"""The column of a moment that people choose."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from hackathon.moments import moment_problem


def validate_moment(at: datetime) -> None:
    """Raises Django's `ValidationError` outside of the years that are taken. `at` is aware."""
    if problem := moment_problem(at):
        raise ValidationError(problem, code="out_of_range")


class MomentField(models.DateTimeField):  # type: ignore[type-arg]  # generic for the type checker alone
    """Its form field refuses such a moment before the form compares it with others; in migrations it is its base."""

    default_validators: ClassVar = [validate_moment]  # type: ignore[misc]  # of the class, as in Django itself

    def formfield(self, **kwargs: Any) -> Any:
        field = super().formfield(**kwargs)
        if field is not None:
            field.validators.append(validate_moment)
        return field

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
