"""`number`: a number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, RowProblem, line_size

NUMBER = len("-1.23456789e-300")
QUANTILES = 5


class NumberAnswer(AnswerKind):
    python_type = int | float

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        """None: the kind of the column says all."""
        return lambda row, is_secret: ""

    def train_problem(self, task: TaskSpec, train: Sequence[Row]) -> str:
        values = {float(row.values[task.target.name]) for row in train if task.target.name in row.values}
        return _("All examples have the same value: there is nothing to learn.") if train and len(values) < 2 else ""

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        return line_size({"id": row.id, "value": 0}) + NUMBER

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """Its fifth of the numbers in order; equal numbers are in one."""
        ordered = sorted(targets)
        bounds = [ordered[len(ordered) * part // QUANTILES] for part in range(1, QUANTILES)] if ordered else []
        return [str(bisect_right(bounds, value)) for value in targets]

    def number_of(self, target: Any) -> float | None:
        return float(target)

    @property
    def truth_name(self) -> str:
        return _("True value")

    @property
    def dummy_method(self) -> str:
        return _("mean")

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        return None if value is not None else False
