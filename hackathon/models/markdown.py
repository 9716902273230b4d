"""The column of a text in Markdown."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from hackathon.markdown.render import validate_markdown


class MarkdownField(models.TextField):  # type: ignore[type-arg]  # generic for the type checker alone
    """Refuses what could not be shown. The admin offers a preview beside it; in migrations it is its base."""

    default_validators: ClassVar = [validate_markdown]  # type: ignore[misc]  # of the class, as in Django itself

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
