"""What one value of each kind of column must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.tasks import Column
from training_worker.contract.tasks.pictures import MOST_BOXES
from training_worker.contract.tasks.spec import ColumnKind

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
IMAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,94}\.(?:png|jpe?g)", re.IGNORECASE)
TAG = re.compile(r"O|[BI]-\S+")
MAX_ITEMS = 5000
"""Of one list."""
MAX_RUNS = 20_000
"""Of one mask."""
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


def _are_boxes(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_BOXES and all(map(_is_box, value))


def _is_box(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"label", "bbox"}:
        return False
    label, bbox = value["label"], value["bbox"]
    is_named = isinstance(label, str) and bool(label.strip())
    return is_named and isinstance(bbox, list) and len(bbox) == 4 and all(map(_is_number, bbox))


def _is_mask(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"size", "counts", "labels"}:
        return False
    size, counts, labels = value["size"], value["counts"], value["labels"]
    if not all(isinstance(part, list) for part in (size, counts, labels)) or len(size) != 2:
        return False
    are_whole = all(_CHECKS["integer"](part) and part > 0 for part in (*size, *counts))
    are_named = all(isinstance(label, str) and bool(label.strip()) for label in labels)
    return are_whole and are_named and 1 <= len(counts) == len(labels) <= MAX_RUNS


_CHECKS: dict[ColumnKind, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "strings": _is_list,
    "image": lambda value: isinstance(value, str) and bool(IMAGE_NAME.fullmatch(value)),
    "boxes": _are_boxes,
    "mask": _is_mask,
}


def _described(kind: ColumnKind) -> str:
    return {
        "string": _("a string"),
        "integer": _("a whole number"),
        "number": _("a number from -%(most)g to %(most)g") % {"most": MAX_NUMBER},
        "strings": _("a list of 1 to %(most)d strings, none of them empty") % {"most": MAX_ITEMS},
        "boxes": _('a list of at most %(most)d objects {"label": text, "bbox": [x, y, width, height]}')
        % {"most": MOST_BOXES},
        "mask": _(
            'an object {"size": [height, width], "counts": [pixels of each run], "labels": [label of each run]} of at '
            "most %(most)d runs"
        )
        % {"most": MAX_RUNS},
        "image": _("the name of a .png, .jpg or .jpeg file: at most 100 letters, digits or . _ -"),
    }[kind]
