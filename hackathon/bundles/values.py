"""What one value of each kind of column must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.records import MOST_FIELDS
from training_worker.contract.tasks import Column
from training_worker.contract.tasks.pictures import MOST_BOXES
from training_worker.contract.tasks.spec import ColumnKind
from training_worker.contract.words import MASK

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
FILE_NAMES: dict[ColumnKind, re.Pattern[str]] = {
    "image": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,94}\.(?:png|jpe?g)", re.IGNORECASE),
    "audio": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,94}\.(?:wav|flac|ogg|mp3)", re.IGNORECASE),
}
"""Of columns whose values name files."""
TAG = re.compile(r"O|[BI]-\S+")
MAX_ITEMS = 5000
"""Of one list."""
MAX_ANSWERS = 100
"""That are right for one question."""
MAX_RUNS = 20_000
"""Of one mask."""
LONGEST_NAME = 200
"""Characters of a name."""
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


def is_file_name(kind: ColumnKind, value: Any) -> bool:
    """May a column of this kind name such a file?"""
    return isinstance(value, str) and bool(FILE_NAMES[kind].fullmatch(value))


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -MAX_NUMBER <= value <= MAX_NUMBER


def _is_list(value: Any) -> bool:
    is_list = isinstance(value, list) and 1 <= len(value) <= MAX_ITEMS
    return is_list and all(isinstance(item, str) and bool(item.strip()) for item in value)


def _are_answers(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"text", "answer_start"}:
        return False
    texts, starts = value["text"], value["answer_start"]
    if not isinstance(texts, list) or not isinstance(starts, list) or not len(texts) == len(starts) <= MAX_ANSWERS:
        return False
    are_texts = all(isinstance(text, str) and bool(text.strip()) for text in texts)
    return are_texts and all(_is_whole(start) and start >= 0 for start in starts)


def _are_labels(value: Any) -> bool:
    is_list = isinstance(value, list) and len(value) <= MAX_ITEMS
    are_names = is_list and all(isinstance(label, str) and bool(label.strip()) for label in value)
    return are_names and len(set(value)) == len(value)


def _is_span(value: Any) -> bool:
    is_object = isinstance(value, dict) and value.keys() == {"start", "end"}
    return is_object and all(map(_is_whole, value.values())) and 0 <= value["start"] < value["end"]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


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


ROLES = ("system", "user", "assistant")
MAX_MESSAGES = 100


def _is_conversation(value: Any) -> bool:
    """A system message may stand first; then user and assistant take turns, the user begins and ends."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MESSAGES or not all(map(_is_message, value)):
        return False
    roles = [message["role"] for message in value]
    turns = roles[1:] if roles[0] == "system" else roles
    return len(turns) % 2 == 1 and turns == [ROLES[1 + number % 2] for number in range(len(turns))]


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"role", "content"} or value["role"] not in ROLES:
        return False
    return isinstance(value["content"], str) and bool(value["content"].strip())


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
    "masked": lambda value: isinstance(value, str) and value.count(MASK) == 1,
    "name": lambda value: isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST_NAME,
    "integer": _is_whole,
    "number": _is_number,
    "strings": _is_list,
    "image": lambda value: is_file_name("image", value),
    "audio": lambda value: is_file_name("audio", value),
    "answers": _are_answers,
    "labels": _are_labels,
    "span": _is_span,
    "boxes": _are_boxes,
    "mask": _is_mask,
    "messages": _is_conversation,
    "numbers": lambda value: isinstance(value, list) and 1 <= len(value) <= MAX_ITEMS and all(map(_is_number, value)),
    "record": _is_record,
}


def _described(kind: ColumnKind) -> str:
    return {
        "string": _("a string"),
        "masked": _("a text with %(mask)s in the place of one word, and only once") % {"mask": MASK},
        "name": _("a text of 1 to %(most)d characters, or a whole number") % {"most": LONGEST_NAME},
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
        "messages": _(
            "a list of 1 to %(most)d messages {“role”, “content”}: after an optional one of the “system”, those of "
            "“user” and “assistant” by turns, the “user” first and last"
        )
        % {"most": MAX_MESSAGES},
        "numbers": _("a list of 1 to %(most)d numbers") % {"most": MAX_ITEMS},
        "record": _(
            "an object of 1 to %(most)d names, each with a number, true, false, null or a text (1,000 characters)"
        )
        % {"most": MOST_FIELDS},
        "image": _("the name of a .png, .jpg or .jpeg file: at most 100 letters, digits or . _ -"),
        "audio": _("the name of a .wav, .flac, .ogg or .mp3 file: at most 100 letters, digits or . _ -"),
        "span": _("an object with “start” and “end”, the first character, counted from 0, and the one after the last"),
        "labels": _("a list of different strings, none of them empty"),
        "answers": _(
            "an object with “text” and “answer_start”: two lists of one length, up to %(most)d, of texts that are not "
            "empty and of whole numbers from 0"
        )
        % {"most": MAX_ANSWERS},
    }[kind]
