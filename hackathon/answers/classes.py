"""`class`: one of the data's labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.labels import shown_label
from hackathon.bundles.rows import Row
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, RowProblem, line_size

PROBABILITY = len("0.123456, ")


class ClassAnswer(AnswerKind):
    python_type = str
    has_probability = True

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        known = set(labels)

        def problem(row: Row, is_secret: bool) -> str:
            label = row.values[task.target.name]
            if label in known:
                return ""
            if is_secret:
                return _("The label is none of the challenge's labels.")
            return _("The label “%(label)s” is none of the challenge's labels.") % {"label": shown_label(label)}

        return problem

    def names_in(self, target: Any) -> Sequence[str]:
        return (target,)

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        return probabilities_line(row, labels)

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """Its label."""
        return list(targets)

    @property
    def truth_name(self) -> str:
        return _("True label")

    @property
    def dummy_method(self) -> str:
        return _("majority class")


def probabilities_line(row: Row, labels: Sequence[str]) -> int:
    """Bytes of a line with one probability for each label."""
    return line_size({"id": row.id, "probabilities": []}) + PROBABILITY * len(labels)
