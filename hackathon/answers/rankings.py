"""`ranking`: a score for each candidate of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from hackathon.presentation.answer import Candidate, ShownAnswer
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, RowProblem, line_size

MOST_CANDIDATES = 100
SHOWN = 10
"""Candidates of a list on a page."""
SCORE = len("-1.23456789e-300, ")


class RankingAnswer(AnswerKind):
    python_type = list
    part_type = int | float

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        column = candidates_column(task)
        hidden = {row.id: row.values.get(column) for row in test}

        def problem(row: Row, is_secret: bool) -> str:
            relevances: list[float] = row.values[task.target.name]
            of: Any = hidden.get(row.id) if is_secret else row.values.get(column)
            if of is not None and len(of) != len(relevances):
                values = {"relevances": len(relevances), "candidates": len(of)}
                message = _("Each candidate needs a relevance: %(candidates)d candidates, %(relevances)d relevances.")
                return message % values
            if len(relevances) > MOST_CANDIDATES:
                return _("There are more than %(limit)d candidates.") % {"limit": MOST_CANDIDATES}
            if min(relevances) < 0:
                return _("A relevance must not be below 0.")
            if not max(relevances) > 0:
                return _("No candidate is relevant: one must have a relevance above 0.")
            return ""

        return problem

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        candidates = row.values.get(candidates_column(task)) or ()
        return line_size({"id": row.id, "scores": []}) + SCORE * len(candidates)

    @property
    def truth_name(self) -> str:
        return _("Right order")

    @property
    def dummy_method(self) -> str:
        return _("all candidates alike")

    def error_text(self, error: float) -> str:
        return f"1 − NDCG@10 = {error:.3f}"

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        return None if value is not None else False

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
        """With the candidates in the order of this answer, the first ones."""
        relevances, texts = value if name == self.truth_name else other, inputs.get(candidates_column(task))
        if not (isinstance(value, list) and isinstance(relevances, list) and isinstance(texts, list)):
            return ShownAnswer(name=name, text="", is_right=is_right)
        scores = ["" if name == self.truth_name else f"{score:.4g}" for score in value]
        order = sorted(range(min(map(len, (value, relevances, texts)))), key=lambda place: -value[place])
        ranked = tuple(Candidate(texts[place], relevances[place], scores[place]) for place in order[:SHOWN])
        return ShownAnswer(name=name, text=self.text(value), is_right=is_right, ranked=ranked)


def candidates_column(task: TaskSpec) -> str:
    """Name of the input that lists candidates."""
    return next(column.name for column in task.inputs if column.kind == "strings")
