"""Judging the answers in a bundle by what kind of answer the task has. No message holds a test label."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TEST_LABELS, TRAIN, VALIDATION

from .challenge import MAX_LABELS
from .labels import alike, in_order, label_problem, shown_label
from .problems import Problems
from .rows import Row

Rows = dict[str, list[Row]]


def check_targets(task: TaskSpec, listed: Sequence[str] | None, rows: Rows, problems: Problems) -> tuple[str, ...]:
    """Report every answer that the task cannot have; returns the labels in their order, () where the task has none.

    The labels are those listed in challenge.yaml, else those of train.jsonl in their order: numbers by value.
    """
    kind = answers_of(task.output)
    labels = _check_label_names(task, listed, rows[TRAIN], problems) if task.has_labels else ()
    if message := kind.train_problem(task, rows[TRAIN]):
        problems.add(TRAIN, 0, message)
    problem_of = kind.row_problem(task, rows[TEST], labels)
    for name in (TRAIN, VALIDATION, TEST_LABELS):
        for row in rows[name]:
            if task.target.name in row.values and (message := problem_of(row, name == TEST_LABELS)):
                problems.add(name, row.line, message)
    return labels


def _check_label_names(
    task: TaskSpec, listed: Sequence[str] | None, train: list[Row], problems: Problems
) -> tuple[str, ...]:
    kind = answers_of(task.output)
    values = [row.values[task.target.name] for row in train if task.target.name in row.values]
    trained = {label for value in values for label in kind.names_in(value)}
    labels = tuple(listed) if listed else in_order(trained)
    for label in labels:
        if label not in trained and train:
            problems.add(TRAIN, 0, _("No example has the label “%(label)s”.") % {"label": shown_label(label)})
        if message := label_problem(label):
            problems.add(TRAIN, 0, message)
    for group in alike(labels) if not listed else ():
        message = _("These labels differ in case or spaces only: %(labels)s. Make them one, or list them under labels.")
        problems.add(TRAIN, 0, message % {"labels": ", ".join(f"“{shown_label(label)}”" for label in group)})
    if len(labels) < kind.least_labels and train:
        problems.add(TRAIN, 0, _("There must be at least two labels."))
    if len(labels) > MAX_LABELS:
        problems.add(TRAIN, 0, _("There are more than %(limit)d labels.") % {"limit": MAX_LABELS})
    return labels
