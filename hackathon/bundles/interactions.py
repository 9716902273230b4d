"""Rows of who rated what: each pair once, on one scale, and who is new. No message holds a test label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, TEST_LABELS, TRAIN, VALIDATION

from .problems import Problems
from .rows import Row
from .targets import Rows

Pair = tuple[str, ...]
TOP = 10
"""Places that metrics of lists look at."""


def check_interactions(task: TaskSpec, rows: Rows, problems: Problems) -> None:
    """Of a task that groups its items (`TaskSpec.grouped_by`)."""
    names = [column.name for column in task.inputs if column.kind == "name"]
    _check_pairs(names, rows, problems)
    _check_texts(task, names, rows, problems)
    _check_scale(task.target.name, rows, problems)
    for name in names:
        _warn_of_new(name, rows, problems)
    _warn_of_lone(task.grouped_by, rows[TEST], problems)


def _labelled_first(rows: Rows) -> Iterator[tuple[str, Row]]:
    return ((file, row) for file in (TRAIN, VALIDATION, TEST) for row in rows[file])


def _check_pairs(names: list[str], rows: Rows, problems: Problems) -> None:
    """One rating of an item by a user: in training it is learned, in the test set it is asked for."""
    first: dict[Pair, str] = {}
    for file, row in _labelled_first(rows):
        pair = tuple(row.values.get(name, "") for name in names)
        where = first.setdefault(pair, f"{file}:{row.line}") if all(pair) else ""
        if where and where != f"{file}:{row.line}":
            values = {"names": " + ".join(names), "where": where}
            problems.add(file, row.line, _("The same %(names)s is at %(where)s.") % values)


def _check_texts(task: TaskSpec, names: list[str], rows: Rows, problems: Problems) -> None:
    """A text is its item's: the same in every row."""
    item = next(name for name in names if name != task.grouped_by)
    texts = [column.name for column in task.inputs if column.kind == "string"]
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for file, row in _labelled_first(rows):
        for text in texts if item in row.values else ():
            found = row.values.get(text, "")
            known, where = first.setdefault((row.values[item], text), (found, f"{file}:{row.line}"))
            if known != found:
                values = {"name": text, "item": item, "where": where}
                problems.add(file, row.line, _("“%(name)s” of the same “%(item)s” differs at %(where)s.") % values)


def _check_scale(target: str, rows: Rows, problems: Problems) -> None:
    trained = [row.values[target] for row in rows[TRAIN] if target in row.values]
    if not trained:
        return
    low, high = min(trained), max(trained)
    message = _("The rating lies outside of those in %(file)s, which are from %(low)g to %(high)g.")
    for file in (VALIDATION, TEST_LABELS):
        for row in rows[file]:
            if target in row.values and not low <= row.values[target] <= high:
                problems.add(file, row.line, message % {"file": TRAIN, "low": low, "high": high})


def _warn_of_new(name: str, rows: Rows, problems: Problems) -> None:
    """A cold start: nothing is known of it."""
    known = {row.values.get(name) for row in rows[TRAIN]}
    new = [row for row in rows[TEST] if name in row.values and row.values[name] not in known]
    if rows[TRAIN] and new:
        message = _(
            "Test rows whose “%(name)s” is in no training row: %(count)d, such as this one. A model knows nothing else"
            " of it."
        )
        problems.warn(TEST, new[0].line, message % {"name": name, "count": len(new)})


def _warn_of_lone(name: str, test: list[Row], problems: Problems) -> None:
    counts = Counter(row.values[name] for row in test if name in row.values)
    lone = [row for row in test if counts[row.values.get(name, "")] == 1]
    if lone:
        message = _(
            "Test rows that are the only one of their “%(name)s”: %(count)d, such as this one. They have no order, and"
            " do not count in ndcg_at_10 and recall_at_10."
        )
        problems.warn(TEST, lone[0].line, message % {"name": name, "count": len(lone)})
    if counts and max(counts.values()) <= TOP:
        message = _(
            "No “%(name)s” has more than %(top)d test rows: recall_at_10 says nothing of them, choose another metric."
        )
        problems.warn(TEST, 0, message % {"name": name, "top": TOP})
