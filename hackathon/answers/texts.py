"""`text`: a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from hackathon.presentation.answer import ShownAnswer
from training_worker.contract.base import JSON
from training_worker.contract.report import ExampleKind
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import LONGEST_ANSWER

from .base import AnswerKind, RowProblem, line_size

BYTES_PER_CHARACTER = 4


class TextAnswer(AnswerKind):
    python_type = str

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        def problem(row: Row, is_secret: bool) -> str:
            if len(row.values[task.target.name]) <= LONGEST_ANSWER:
                return ""
            return _("The answer has more than %(limit)d characters.") % {"limit": LONGEST_ANSWER}

        return problem

    def train_problem(self, task: TaskSpec, train: Sequence[Row]) -> str:
        texts = {row.values[task.target.name] for row in train if task.target.name in row.values}
        return _("All examples have the same answer: there is nothing to learn.") if train and len(texts) < 2 else ""

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        return line_size({"id": row.id, "text": ""}) + BYTES_PER_CHARACTER * LONGEST_ANSWER

    @property
    def truth_name(self) -> str:
        return _("Reference")

    @property
    def dummy_method(self) -> str:
        return _("most frequent answer")

    def hint(self, kind: ExampleKind) -> str:
        if kind is ExampleKind.LARGEST_ERROR:
            return _("The outputs that are farthest from the reference.")
        if kind is ExampleKind.SMALLEST_ERROR:
            return _("The outputs that are closest to the reference.")
        return super().hint(kind)

    def error_text(self, error: float) -> str:
        return f"{error:.2f}"

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        """An output that is not the reference may still be right."""
        if value is None:
            return False
        return True if value == target else None

    def filters_of(self, value: JSON) -> frozenset[str]:
        """None but "" for no answer: texts are found by the search."""
        return frozenset({""}) if value is None else frozenset()

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
        """With its line breaks."""
        text, reference = (one if isinstance(one, str) else "" for one in (value, other))
        return ShownAnswer(name=name, text=text, is_right=is_right, probability=probability, reference=reference)
