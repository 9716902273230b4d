"""Names of labels: which can be one, which are read as the same, and in which order they come."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from training_worker.contract.text import normal_form

MAX_LABEL = 64
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_BREAKS = ("Cc", "Zl", "Zp")
"""Categories of control characters and of line and paragraph separators."""


def label_problem(label: str) -> str:
    """What is wrong with a label; "" where nothing is. Pure."""
    if len(label) > MAX_LABEL:
        return _("The label “%(label)s…” is too long.") % {"label": label[:MAX_LABEL]}
    if any(unicodedata.category(char) in _BREAKS for char in label):
        return _("The label “%(label)s” has a line break or a control character.") % {"label": shown_label(label)}
    if label != label.strip() or not normal_form(label):
        return _("The label “%(label)s” begins or ends with a space, or has nothing to see.") % {
            "label": shown_label(label)
        }
    return ""


def shown_label(label: str) -> str:
    """A label as it may be printed: what nobody sees as its escape, at most `MAX_LABEL` characters of it. Pure."""
    odd = (*_BREAKS, "Cf")
    return "".join(f"\\u{ord(char):04x}" if unicodedata.category(char) in odd else char for char in label[:MAX_LABEL])


def alike(labels: Iterable[str]) -> list[list[str]]:
    """Groups of labels that differ in case, spaces or invisible characters only. Pure."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        groups[normal_form(label)].append(label)
    return [sorted(group) for group in groups.values() if len(group) > 1]


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Numbers by their value, other labels by their characters. Pure."""
    found = sorted(labels)
    if all(_NUMBER.fullmatch(label) for label in found):
        found.sort(key=Decimal)
    return tuple(found)
