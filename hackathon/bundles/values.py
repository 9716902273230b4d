"""What one value of each kind of column must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.records import MOST_FIELDS
from training_worker.contract.tasks import Column
from training_worker.contract.tasks.spec import ColumnKind

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
IMAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,94}\.(?:png|jpe?g)", re.IGNORECASE)
TAG = re.compile(r"O|[BI]-\S+")
MAX_ITEMS = 5000
"""Of one list."""
LONGEST_FIELD_NAME, LONGEST_FIELD = 100, 1000
"""Characters of a name and of a text of a record."""
MAX_NUMBER = 1e15
"""Up to here squares and their sums are finite, and whole numbers exact."""


def value_problem(column: Column, value: Any) -> str:
    """What is wrong with a value, without repeating it; "" where nothing is."""
    if column.kind == "string" and isinstance(value, int | float):
        return _("The value of “%(name)s” must be a string: put it in quotation marks.") % {"name": column.name}
    if not _CHECKS[column.kind](value):
        return _("The value of “%(name)s” must be %(kind)s.") % {"name": column.name, "kind": _described(column.kind)}
    if column.kind == "string" and not value.strip():
        return _("The value of “%(name)s” is empty.") % {"name": column.name}
    if column.name == "id" and not ID.fullmatch(str(value)):
        return _("An id is 1 to 100 letters, digits or . _ : -, and begins with a letter or digit.")
    return ""


def as_name(value: Any) -> Any:
    """A whole number as its digits, for columns that hold names: pandas writes `0` for a label or an id."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -MAX_NUMBER <= value <= MAX_NUMBER


def _is_list(value: Any) -> bool:
    is_list = isinstance(value, list) and 1 <= len(value) <= MAX_ITEMS
    return is_list and all(isinstance(item, str) and bool(item.strip()) for item in value)


def _is_record(value: Any) -> bool:
    if not isinstance(value, dict) or not 1 <= len(value) <= MOST_FIELDS:
        return False
    return all(name.strip() and len(name) <= LONGEST_FIELD_NAME and _is_field(one) for name, one in value.items())


def _is_field(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_FIELD
    return value is None or isinstance(value, bool) or _is_number(value)


_CHECKS: dict[ColumnKind, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "strings": _is_list,
    "numbers": lambda value: isinstance(value, list) and 1 <= len(value) <= MAX_ITEMS and all(map(_is_number, value)),
    "record": _is_record,
    "image": lambda value: isinstance(value, str) and bool(IMAGE_NAME.fullmatch(value)),
}


def _described(kind: ColumnKind) -> str:
    return {
        "string": _("a string"),
        "integer": _("a whole number"),
        "number": _("a number from -%(most)g to %(most)g") % {"most": MAX_NUMBER},
        "strings": _("a list of 1 to %(most)d strings, none of them empty") % {"most": MAX_ITEMS},
        "numbers": _("a list of 1 to %(most)d numbers") % {"most": MAX_ITEMS},
        "record": _(
            "an object of 1 to %(most)d names, each with a number, true, false, null or a text (1,000 characters)"
        )
        % {"most": MOST_FIELDS},
        "image": _("the name of a .png, .jpg or .jpeg file: at most 100 letters, digits or . _ -"),
    }[kind]
