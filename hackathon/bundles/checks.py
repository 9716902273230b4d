"""Judging a bundle's files against each other: ids, answers, columns, leaks. No message holds a test label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.presentation.values import texts_in
from training_worker.contract.records import record_text
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS, TEST, TEST_LABELS, TRAIN, VALIDATION, Column
from training_worker.contract.text import normal_form

from .data_warnings import warn_of_data
from .fitting_inputs import check_choices, check_places
from .image_sizes import check_sizes
from .interactions import check_interactions
from .media import MediaFiles
from .problems import Problems
from .records import check_records
from .rows import Row
from .targets import Rows, check_targets

DATA_FILES = (TRAIN, VALIDATION, TEST, TEST_LABELS)


def check_any_rows(rows: Rows, problems: Problems) -> None:
    """Report what is wrong whatever the task: ids, answers without an item, groups on both sides. `rows` has a list for
    each data file."""
    _check_ids({name: rows[name] for name in (TRAIN, VALIDATION, TEST)}, problems)
    if rows[TEST] and rows[TEST_LABELS]:
        _check_labels_fit(rows[TEST], rows[TEST_LABELS], problems)
    _check_groups(rows, problems)


def check_rows(
    task: TaskSpec, labels: Sequence[str] | None, rows: Rows, media: MediaFiles, problems: Problems
) -> tuple[str, ...]:
    """Report everything that the task says is wrong; returns the labels in their order."""
    found = check_targets(task, labels, rows, problems)
    check_places(task, rows, problems)
    check_choices(task, rows, problems)
    _check_optional_inputs(task, rows, problems)
    check_records(task, rows, problems)
    check_sizes(task, rows, media, problems)
    if task.grouped_by:
        check_interactions(task, rows, problems)
    else:
        _check_leaks(task, rows, media, problems)
    warn_of_data(task, found, rows, lambda row: _prints(task, row, media), problems)
    return found


def _check_ids(rows: Rows, problems: Problems) -> None:
    seen: dict[str, tuple[str, int]] = {}
    for name, line, row_id in ((file, row.line, row.id) for file, found in rows.items() for row in found):
        if row_id in seen:
            first = "{}:{}".format(*seen[row_id])
            problems.add(name, line, _("The id “%(id)s” is used already: %(first)s.") % {"id": row_id, "first": first})
        else:
            seen[row_id] = (name, line)


def _check_labels_fit(test: list[Row], test_labels: list[Row], problems: Problems) -> None:
    known = {row.id for row in test}
    labelled: dict[str, int] = {}
    for row in test_labels:
        if row.id in labelled:
            message = _("The id “%(id)s” is used already: line %(line)d.") % {"id": row.id, "line": labelled[row.id]}
            problems.add(TEST_LABELS, row.line, message)
        elif row.id not in known:
            problems.add(TEST_LABELS, row.line, _("There is no test item “%(id)s”.") % {"id": row.id})
        labelled.setdefault(row.id, row.line)
    for row in test:
        if row.id not in labelled:
            message = _("The item “%(id)s” has no label in %(file)s.") % {"id": row.id, "file": TEST_LABELS}
            problems.add(TEST, row.line, message)


def _check_groups(rows: Rows, problems: Problems) -> None:
    """A test item's group must not lie in the labelled files."""
    groups: dict[str, str] = {}
    for name, row in ((file, row) for file in (TRAIN, VALIDATION) for row in rows[file]):
        if group := row.values.get("group"):
            groups.setdefault(group, f"{name}:{row.line}")
    for row in rows[TEST_LABELS]:
        if where := groups.get(row.values.get("group", "")):
            problems.add(TEST_LABELS, row.line, _("The same group is at %(where)s.") % {"where": where})


def _check_optional_inputs(task: TaskSpec, rows: Rows, problems: Problems) -> None:
    """A column that some rows have must be in all: a model cannot be fed both kinds."""
    every = [(name, row) for name in (TRAIN, VALIDATION, TEST) for row in rows[name]]
    for column in task.inputs:
        has = [column.name in row.values for _name, row in every]
        if not column.required and any(has):
            for (name, row), present in zip(every, has, strict=True):
                if not present:
                    message = _("The column “%(name)s” is missing; other rows have it.") % {"name": column.name}
                    problems.add(name, row.line, message)


def _check_leaks(task: TaskSpec, rows: Rows, media: MediaFiles, problems: Problems) -> None:
    """The answer to a test item must not lie in the labelled files."""
    inputs: dict[tuple[str, ...], tuple[str, Row]] = {}
    doubled: list[tuple[Row, str]] = []
    for name, row in ((file, row) for file in (TRAIN, VALIDATION) for row in rows[file]):
        if any(fingerprint := _fingerprint(task, row, media)):
            place, _first = inputs.setdefault(fingerprint, (f"{name}:{row.line}", row))
            if name == VALIDATION and place.startswith(TRAIN):
                doubled.append((row, place))
    for row in rows[TEST]:
        if found := inputs.get(_fingerprint(task, row, media)):
            problems.add(TEST, row.line, _same_input(task, row, *found))
    if doubled:
        message = _(
            "Validation inputs that are in training too: %(count)d, such as this one at %(where)s. "
            "Scores will look too good."
        )
        problems.warn(VALIDATION, doubled[0][0].line, message % {"count": len(doubled), "where": doubled[0][1]})


def _same_input(task: TaskSpec, row: Row, where: str, other: Row) -> str:
    is_equal = all(row.values.get(column.name) == other.values.get(column.name) for column in task.inputs)
    if is_equal or task.file_columns:
        return _("The same input is at %(where)s, with its label.") % {"where": where}
    message = _("The input at %(where)s, with its label, differs in case, spaces, invisible characters or order only.")
    return message % {"where": where}


def _fingerprint(task: TaskSpec, row: Row, media: MediaFiles) -> tuple[str, ...]:
    """Equal for inputs that differ in white space, case, invisible characters, division into words, the order of a
    pair or a file's name only."""
    return tuple(sorted(_prints(task, row, media)))


def _prints(task: TaskSpec, row: Row, media: MediaFiles) -> tuple[str, ...]:
    return tuple(_print_of(column, row.values.get(column.name), media) for column in task.inputs)


def _print_of(column: Column, value: Any, media: MediaFiles) -> str:
    if value is None:
        return ""
    if column.kind in FILE_KINDS:
        return media[value].sha256 if value in media else ""
    if column.kind == "name":
        return f"{column.name} {value}"
    if column.kind in ("integer", "number"):
        return repr(float(value))
    if column.kind == "span":
        return f"{column.name} {value['start']} {value['end']}"
    if column.kind == "messages":
        return normal_form(" ".join(texts_in(value)))
    if column.kind == "record":
        return normal_form(record_text(value))
    text = " ".join(value) if column.kind == "strings" else value
    return normal_form(text)
