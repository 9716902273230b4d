"""Inputs that must fit each other: places in a text that are in it and apart, choices that differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN, VALIDATION
from training_worker.contract.text import normal_form

from .problems import Problems
from .rows import Row
from .targets import Rows

MOST_CHOICES = 1000


def check_places(task: TaskSpec, rows: Rows, problems: Problems) -> None:
    names = [column.name for column in task.inputs if column.kind == "span"]
    text = next((column.name for column in task.inputs if column.is_fixed), "")
    for file in (TRAIN, VALIDATION, TEST) if names else ():
        for row in rows[file]:
            for message in _problems(row, names, row.values.get(text)):
                problems.add(file, row.line, message)


def check_choices(task: TaskSpec, rows: Rows, problems: Problems) -> None:
    """Of a task whose answer is one of them."""
    if task.output != "choice":
        return
    names = [column.name for column in task.inputs if column.kind == "strings"]
    for file, name in product((TRAIN, VALIDATION, TEST), names):
        for row in rows[file]:
            if message := _choice_problem(row.values.get(name)):
                problems.add(file, row.line, message)


def _choice_problem(choices: Any) -> str:
    if choices is None:
        return ""
    if len(choices) < 2:
        return _("There must be at least two choices.")
    if len(choices) > MOST_CHOICES:
        return _("There are more than %(limit)d choices.") % {"limit": MOST_CHOICES}
    first: dict[str, int] = {}
    for number, choice in enumerate(choices):
        if first.setdefault(normal_form(choice), number) != number:
            return _("Choice %(number)d is there twice.") % {"number": number}
    return ""


def _problems(row: Row, names: Sequence[str], text: Any) -> list[str]:
    there = {name: row.values[name] for name in names if name in row.values}
    found = []
    for name, place in there.items():
        part = text[place["start"] : place["end"]] if isinstance(text, str) else "?"
        if isinstance(text, str) and place["end"] > len(text):
            values = {"name": name, "end": place["end"], "length": len(text)}
            found.append(_("“%(name)s” ends at character %(end)d of a text of %(length)d.") % values)
        elif not part.strip():
            found.append(_("“%(name)s” is white space.") % {"name": name})
    ordered = sorted(there, key=lambda name: (there[name]["start"], there[name]["end"]))
    for one, other in pairwise(ordered):
        if there[other]["start"] < there[one]["end"]:
            found.append(_("“%(one)s” and “%(other)s” overlap.") % {"one": one, "other": other})
    return found
