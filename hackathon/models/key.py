"""The column by which names and addresses are compared."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:  # generic for the type checker alone
    CharColumn = models.CharField[str, str]
else:
    CharColumn = models.CharField

NUMBERED = "  "
"""Before the number of a key that an older row has too. No key has two spaces by itself."""


class KeyField(CharColumn):
    """`key_of` what the column `source` has, written whenever a row is saved and by nothing else; in migrations it is
    its base. Who saves single columns names both, or neither.

    Rows from before there were such keys may share one: the younger has a number behind it, until its name is another.
    """

    def __init__(self, source: str, key_of: Callable[[str], str], *, max_length: int, **kwargs: Any) -> None:
        self.source, self.key_of, self.longest = source, key_of, max_length
        super().__init__(max_length=max_length, editable=False, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = self.key_of(getattr(model_instance, self.source))
        head, spaces, number = str(getattr(model_instance, self.attname)).rpartition(NUMBERED)
        end = f"{spaces}{number}" if spaces else ""
        if end and head == key[: self.longest - len(end)]:
            key = f"{head}{end}"
        setattr(model_instance, self.attname, key)
        return key

    def clone(self) -> Any:
        _name, _path, args, kwargs = self.deconstruct()
        return models.CharField(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def numbered(key: str, taken: Collection[str], *, longest: int) -> str:
    """The key; where it is taken, with the first free number behind it."""
    number, found = 1, key
    while found in taken:
        number += 1
        end = f"{NUMBERED}{number}"
        found = key[: longest - len(end)] + end
    return found
