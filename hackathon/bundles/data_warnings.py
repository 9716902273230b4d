"""What an organizer should look at in a bundle's data, though it can be imported. No message holds a test label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN, VALIDATION

from .labels import shown_label
from .problems import Problems
from .rows import Row

Fingerprint = Callable[[Row], tuple[str, ...]]
"""Equal for inputs that a model reads as the same."""


def warn_of_data(
    task: TaskSpec, labels: Sequence[str], rows: dict[str, list[Row]], fingerprint: Fingerprint, problems: Problems
) -> None:
    if task.has_labels:
        _warn_of_rare_labels(task, labels, rows[TRAIN], problems)
        _warn_of_contradictions(task, rows, fingerprint, problems)
    _warn_of_doubled_test(rows[TEST], fingerprint, problems)


def _labels_of(row: Row, task: TaskSpec) -> set[str]:
    value = row.values.get(task.target.name)
    return set() if value is None else set(answers_of(task.output).names_in(value))


def _warn_of_rare_labels(task: TaskSpec, labels: Sequence[str], train: list[Row], problems: Problems) -> None:
    counts = Counter(label for row in train for label in _labels_of(row, task))
    rare = {label for label in labels if counts[label] == 1}
    if not rare:
        return
    first = next(row for row in train if rare & _labels_of(row, task))
    label = min(rare & _labels_of(first, task))
    message = _("Labels with only one example: %(count)d, such as “%(label)s” here. That is too few to learn from.")
    problems.warn(TRAIN, first.line, message % {"count": len(rare), "label": shown_label(label)})


def _warn_of_contradictions(
    task: TaskSpec, rows: dict[str, list[Row]], fingerprint: Fingerprint, problems: Problems
) -> None:
    seen: dict[tuple[str, ...], tuple[str, int, Any]] = {}
    found: dict[tuple[str, ...], tuple[str, int, str]] = {}
    for name, row in ((file, row) for file in (TRAIN, VALIDATION) for row in rows[file]):
        answer = row.values.get(task.target.name)
        if answer is None or not any(key := fingerprint(row)):
            continue
        first_file, first_line, first_answer = seen.setdefault(key, (name, row.line, answer))
        if answer != first_answer:
            found.setdefault(key, (name, row.line, f"{first_file}:{first_line}"))
    if found:
        name, line, where = next(iter(found.values()))
        message = _(
            "Inputs with two different labels: %(count)d, such as this one and %(where)s. Only one can be right."
        )
        problems.warn(name, line, message % {"count": len(found), "where": where})


def _warn_of_doubled_test(test: list[Row], fingerprint: Fingerprint, problems: Problems) -> None:
    first_lines: dict[tuple[str, ...], int] = {}
    firsts = [(row.line, first_lines.setdefault(fingerprint(row), row.line)) for row in test if any(fingerprint(row))]
    doubled = [(line, first) for line, first in firsts if line != first]
    if doubled:
        line, first = doubled[0]
        message = _(
            "Test inputs that repeat an earlier one: %(count)d, this one line %(line)d. Each copy counts in the score."
        )
        problems.warn(TEST, line, message % {"count": len(doubled), "line": first})
