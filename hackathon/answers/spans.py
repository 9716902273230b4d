"""`span`: a part of the context that answers a question, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from hackathon.presentation.answer import ShownAnswer
from hackathon.presentation.places import place_of
from training_worker.contract import squad
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec

from .base import AnswerKind, LabelWords, RowProblem, line_size

QUESTION, CONTEXT = "question", "context"
ANSWERABLE, UNANSWERABLE = "answerable", "unanswerable"
"""As SQuAD 2.0 calls its items."""


class SpanAnswer(AnswerKind):
    python_type = str

    def holds(self, value: JSON) -> bool:
        """A truth is as in the data, an answer is a text."""
        if isinstance(value, dict) and value.keys() == {"text", "answer_start"}:
            return isinstance(value["text"], list) and all(isinstance(text, str) for text in value["text"])
        return isinstance(value, str)

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        hidden = {row.id: row.values.get(CONTEXT) for row in test}

        def problem(row: Row, is_secret: bool) -> str:
            context = hidden.get(row.id) if is_secret else row.values.get(CONTEXT)
            number = _misplaced(row.values[task.target.name], context) if isinstance(context, str) else 0
            if number and is_secret:
                return _("An answer is not in its context at its answer_start.")
            if number:
                return _("Answer %(number)d is not in its context at its answer_start.") % {"number": number}
            return ""

        return problem

    def train_problem(self, task: TaskSpec, train: Sequence[Row]) -> str:
        answers = [row.values[task.target.name]["text"] for row in train if task.target.name in row.values]
        return _("No question has an answer: there is nothing to learn.") if answers and not any(answers) else ""

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        """That of an answer that is the whole context."""
        return line_size({"id": row.id, "answer": row.values.get(CONTEXT)})

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """Whether there is an answer."""
        return [self.labels_of(target)[0] for target in targets]

    def label_names(self, labels: Sequence[str]) -> list[str]:
        return [ANSWERABLE, UNANSWERABLE]

    def labels_of(self, target: Any) -> list[str]:
        """Of the data's answers, or of one that a model gave."""
        has_answer = bool(target["text"] if isinstance(target, dict) and "text" in target else target)
        return [ANSWERABLE if has_answer else UNANSWERABLE]

    @property
    def truth_name(self) -> str:
        return _("True answer")

    @property
    def dummy_method(self) -> str:
        return _("most frequent answer")

    @property
    def label_words(self) -> LabelWords:
        return LabelWords(_("Share of questions with an answer (%)"), _("question"))

    def error_text(self, error: float) -> str:
        return f"1 − F1 = {error:.2f}"

    def text(self, value: JSON) -> str:
        """The first right answer, or a model's."""
        if value is None:
            return ""
        found = texts_of(value)
        return found[0] if found and found[0] else _("no answer in the context")

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        """By SQuAD's exact match."""
        return isinstance(value, str) and squad.is_right(squad.references_of(texts_of(target)), value)

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
        """With its place in the context: that of the first right answer, or of what a model gave."""
        context, texts = inputs.get(CONTEXT), texts_of(value)
        starts = starts_of(value if isinstance(value, dict) else other)
        place = place_of(texts[0], starts, context) if texts and isinstance(context, str) else None
        return ShownAnswer(name=name, text=self.text(value), is_right=is_right, probability=probability, place=place)


def texts_of(value: JSON) -> list[str]:
    """Of answers as the data has them, or of one that a model gave."""
    if isinstance(value, dict):
        texts = value.get("text")
        return [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
    return [value] if isinstance(value, str) else []


def starts_of(value: JSON) -> list[int]:
    starts = value.get("answer_start") if isinstance(value, dict) else None
    return [start for start in starts if isinstance(start, int)] if isinstance(starts, list) else []


def _misplaced(answers: Any, context: str) -> int:
    """The number, from 1, of the first answer that is not where it is said to be; 0 where all are."""
    pairs = zip(answers["text"], answers["answer_start"], strict=True)
    wrong = (number for number, (text, start) in enumerate(pairs, 1) if not context.startswith(text, start))
    return next(wrong, 0)
