"""Could any run hand in answers to this data? What no run can do is said at import, and never put down to a team."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import TEST, VALIDATION
from training_worker.contract.wire import MEGABYTE, OUTPUTS, PREDICTIONS, VALIDATION_PREDICTIONS

from .problems import Problems
from .rows import Row


def check_predictions(task: TaskSpec, labels: Sequence[str], rows: dict[str, list[Row]], problems: Problems) -> None:
    """Report a split whose predictions may be larger than what a run may upload."""
    kind = answers_of(task.output)
    for split, output in ((TEST, PREDICTIONS), (VALIDATION, VALIDATION_PREDICTIONS)):
        size = sum(kind.largest_line(row, task, labels) for row in rows[split])
        if size > OUTPUTS[output]:
            message = _(
                "The answers to its %(count)d items have up to %(size)d MiB, and a run may hand in %(limit)d MiB: take "
                "fewer items, or fewer labels."
            )
            values = {"count": len(rows[split]), "size": -(-size // MEGABYTE), "limit": OUTPUTS[output] // MEGABYTE}
            problems.add(split, 0, message % values)
