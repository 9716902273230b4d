"""Rows of a table: one object a row, with the same names in the same order in all of them."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TRAIN, VALIDATION

from .problems import Problems
from .rows import Row


def check_records(task: TaskSpec, rows: Mapping[str, list[Row]], problems: Problems) -> None:
    """Report every row whose record has other names than the first one, or the same in another order."""
    every = [(file, row) for file in (TRAIN, VALIDATION, TEST) for row in rows[file]]
    for column in (column.name for column in task.inputs if column.kind == "record"):
        first: tuple[list[str], str] | None = None
        for file, row in every:
            if column not in row.values:
                continue
            names = list(row.values[column])
            first = first or (names, f"{file}:{row.line}")
            if names != first[0]:
                problems.add(file, row.line, _difference(column, names, *first))


def _difference(column: str, names: list[str], wanted: list[str], where: str) -> str:
    missing, unknown = ([one for one in a if one not in b] for a, b in ((wanted, names), (names, wanted)))
    values = {"name": column, "where": where, "names": ", ".join((missing or unknown)[:5])}
    if missing:
        return _("“%(name)s” lacks names that %(where)s has (null is a missing value): %(names)s.") % values
    if unknown:
        return _("“%(name)s” has names that %(where)s has not: %(names)s.") % values
    return _("“%(name)s” has its names in another order than %(where)s.") % values
