"""`choice`: one of an item's own choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from hackathon.presentation.answer import ShownAnswer
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, RowProblem, line_size

CHOICES = "choices"
SCORE = len("-1.23456789e-300, ")


class ChoiceAnswer(AnswerKind):
    python_type = int
    has_probability = True

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        hidden = {row.id: row.values.get(CHOICES) for row in test}

        def problem(row: Row, is_secret: bool) -> str:
            choices = hidden.get(row.id) if is_secret else row.values.get(CHOICES)
            if choices is None or 0 <= row.values[task.target.name] < len(choices):
                return ""
            if is_secret:
                return _("The label is the number of none of the choices, which count from 0.")
            values = {"label": row.values[task.target.name], "last": len(choices) - 1}
            return _("The label %(label)d is the number of none of the choices 0 … %(last)d.") % values

        return problem

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        return line_size({"id": row.id, "scores": []}) + SCORE * len(row.values.get(CHOICES) or ())

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """The place of the right choice."""
        return list(map(str, targets))

    @property
    def truth_name(self) -> str:
        return _("Right choice")

    @property
    def dummy_method(self) -> str:
        return _("most frequent place of the right choice")

    def shown(
        self,
        name: str,
        value: JSON,
        *,
        other: JSON,
        inputs: Mapping[str, JSON],
        task: TaskSpec,
        is_right: bool | None = None,
        probability: float | None = None,
    ) -> ShownAnswer:
        """The text of the choice, and its number."""
        found = inputs.get(CHOICES)
        choices = found if isinstance(found, list) else []
        is_there = isinstance(value, int) and 0 <= value < len(choices)
        text = str(choices[value]) if is_there else self.text(value)
        number = value if isinstance(value, int) else None
        return ShownAnswer(name=name, text=text, is_right=is_right, probability=probability, choice=number)
