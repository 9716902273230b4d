"""Judging the answers in a bundle by what kind of answer the task has. No message holds a test label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TEST_LABELS, TRAIN, VALIDATION

from .challenge import MAX_LABELS
from .labels import alike, in_order, label_problem, shown_label
from .problems import Problems
from .rows import Row
from .values import TAG

Rows = dict[str, list[Row]]


def check_targets(task: TaskSpec, listed: Sequence[str] | None, rows: Rows, problems: Problems) -> tuple[str, ...]:
    """Report every answer that the task cannot have; returns the labels in their order, () where answers are numbers.

    The labels are those listed in challenge.yaml, else those of train.jsonl in their order: numbers by value.
    """
    if not task.has_labels:
        _check_spread(task, rows[TRAIN], problems)
        return ()
    labels = _check_label_names(task, listed, rows[TRAIN], problems)
    problem_of = _tags_problem(task, rows[TEST], labels) if task.output == "tags" else _class_problem(task, labels)
    for name in (TRAIN, VALIDATION, TEST_LABELS):
        for row in rows[name]:
            if task.target.name in row.values and (message := problem_of(row, name == TEST_LABELS)):
                problems.add(name, row.line, message)
    return labels


def _check_spread(task: TaskSpec, train: list[Row], problems: Problems) -> None:
    values = {float(row.values[task.target.name]) for row in train if task.target.name in row.values}
    if train and len(values) < 2:
        problems.add(TRAIN, 0, _("All examples have the same value: there is nothing to learn."))


def _check_label_names(
    task: TaskSpec, listed: Sequence[str] | None, train: list[Row], problems: Problems
) -> tuple[str, ...]:
    values = [row.values[task.target.name] for row in train if task.target.name in row.values]
    trained = {label for value in values for label in (value if isinstance(value, list) else [value])}
    labels = tuple(listed) if listed else in_order(trained)
    for label in labels:
        if label not in trained and train:
            problems.add(TRAIN, 0, _("No example has the label “%(label)s”.") % {"label": shown_label(label)})
        if message := label_problem(label):
            problems.add(TRAIN, 0, message)
    for group in alike(labels) if not listed else ():
        message = _("These labels differ in case or spaces only: %(labels)s. Make them one, or list them under labels.")
        problems.add(TRAIN, 0, message % {"labels": ", ".join(f"“{shown_label(label)}”" for label in group)})
    if len(labels) < 2 and train:
        problems.add(TRAIN, 0, _("There must be at least two labels."))
    if len(labels) > MAX_LABELS:
        problems.add(TRAIN, 0, _("There are more than %(limit)d labels.") % {"limit": MAX_LABELS})
    return labels


RowProblem = Callable[[Row, bool], str]
"""What is wrong with a row's answer, "" for nothing; the flag says that no part of it may be repeated."""


def _class_problem(task: TaskSpec, labels: tuple[str, ...]) -> RowProblem:
    known = set(labels)

    def problem(row: Row, is_secret: bool) -> str:
        label = row.values[task.target.name]
        if label in known:
            return ""
        if is_secret:
            return _("The label is none of the challenge's labels.")
        return _("The label “%(label)s” is none of the challenge's labels.") % {"label": shown_label(label)}

    return problem


def _tags_problem(task: TaskSpec, test: list[Row], labels: tuple[str, ...]) -> RowProblem:
    words = next(column.name for column in task.inputs if column.kind == "strings")
    hidden = {row.id: row.values.get(words) for row in test}
    known = set(labels)

    def problem(row: Row, is_secret: bool) -> str:
        tags: list[str] = row.values[task.target.name]
        of: Any = hidden.get(row.id) if is_secret else row.values.get(words)
        if of is not None and len(of) != len(tags):
            return _("Each word needs a tag: %(words)d words, %(tags)d tags.") % {"tags": len(tags), "words": len(of)}
        for number, tag in enumerate(tags, start=1):
            if not TAG.fullmatch(tag):
                return _("Tag %(number)d must be O, or B- or I- and the name of a type.") % {"number": number}
            if tag not in known:
                return _("Tag %(number)d is none of the challenge's labels.") % {"number": number}
        number = _orphan(tags)
        if number and is_secret:
            return _("The tags are not valid IOB2: an entity begins with an I- tag.")
        return _("Tag %(number)d continues an entity that has not begun (IOB2).") % {"number": number} if number else ""

    return problem


def _orphan(tags: list[str]) -> int:
    """The number, from 1, of the first `I-x` that follows neither `B-x` nor `I-x`; 0 where there is none."""
    before = "O"
    for number, tag in enumerate(tags, start=1):
        if tag.startswith("I-") and before[2:] != tag[2:]:
            return number
        before = tag
    return 0
