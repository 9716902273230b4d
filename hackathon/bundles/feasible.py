"""Could any run hand in answers to this data? What no run can do is said at import, and never put down to a team."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, VALIDATION
from training_worker.contract.wire import MEGABYTE, OUTPUTS, PREDICTIONS, VALIDATION_PREDICTIONS

from .problems import Problems
from .rows import Row

PROBABILITY = len("0.123456, ")
NUMBER = len("-1.23456789e-300")


def check_predictions(task: TaskSpec, labels: Sequence[str], rows: dict[str, list[Row]], problems: Problems) -> None:
    """Report a split whose predictions may be larger than what a run may upload."""
    for split, output in ((TEST, PREDICTIONS), (VALIDATION, VALIDATION_PREDICTIONS)):
        size = sum(largest_line(task, labels, row) for row in rows[split])
        if size > OUTPUTS[output]:
            message = _(
                "The answers to its %(count)d items have up to %(size)d MiB, and a run may hand in %(limit)d MiB: take "
                "fewer items, or fewer labels."
            )
            values = {"count": len(rows[split]), "size": -(-size // MEGABYTE), "limit": OUTPUTS[output] // MEGABYTE}
            problems.add(split, 0, message % values)


def largest_line(task: TaskSpec, labels: Sequence[str], row: Row) -> int:
    """Bytes that a line of predictions for `row` has at most, its line feed with it. Pure."""
    if task.output == "class":
        return _bytes({"id": row.id, "probabilities": []}) + PROBABILITY * len(labels)
    if task.output == "number":
        return _bytes({"id": row.id, "value": 0}) + NUMBER
    words = next(row.values.get(column.name) for column in task.inputs if column.kind == "strings")
    longest = max((_bytes(label) for label in labels), default=0)
    return _bytes({"id": row.id, "tags": []}) + len(words or ()) * (longest + 1)


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode()) + 1
