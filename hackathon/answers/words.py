"""`words`: the most probable words for a hidden one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from hackathon.presentation.answer import Guess, ShownAnswer
from training_worker.contract.base import JSON
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.words import LONGEST_WORD, MASK, MOST_WORDS, word_form

from .base import AnswerKind, RowProblem, line_size

BYTES_PER_CHARACTER = 4
GUESS = len('["", 0.123456], ') + BYTES_PER_CHARACTER * LONGEST_WORD


class WordsAnswer(AnswerKind):
    """The truth is a word, an answer a list of `{"word", "probability"}`, the most probable first."""

    python_type = list
    part_type = dict
    has_probability = True

    def holds(self, value: JSON) -> bool:
        """A truth is a text."""
        return isinstance(value, str) or (super().holds(value) and all(map(_is_guess, value)))

    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        def problem(row: Row, is_secret: bool) -> str:
            word: str = row.values[task.target.name]
            if len(word.split()) > 1 or not word_form(word) or MASK in word:
                return _("The answer must be one word.")
            if len(word) > LONGEST_WORD:
                return _("The answer has more than %(limit)d characters.") % {"limit": LONGEST_WORD}
            return ""

        return problem

    def train_problem(self, task: TaskSpec, train: Sequence[Row]) -> str:
        words = {word_form(row.values[task.target.name]) for row in train if task.target.name in row.values}
        return _("All examples have the same answer: there is nothing to learn.") if train and len(words) < 2 else ""

    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        return line_size({"id": row.id, "words": []}) + GUESS * MOST_WORDS

    @property
    def truth_name(self) -> str:
        return _("Right word")

    @property
    def dummy_method(self) -> str:
        return _("most frequent words")

    def text(self, value: JSON) -> str:
        """The truth, or the most probable word."""
        if isinstance(value, list):
            return str(value[0]["word"]) if value else ""
        return value if isinstance(value, str) else ""

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        return word_form(self.text(value)) == word_form(self.text(target))

    def filters_of(self, value: JSON) -> frozenset[str]:
        """None but "" for no answer: words are found by the search."""
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
        """With the words that come next in question."""
        wanted = word_form(self.text(other))
        guesses = tuple(
            Guess(one["word"], one["probability"], word_form(one["word"]) == wanted)
            for one in (value if isinstance(value, list) else ())
        )
        return ShownAnswer(
            name=name, text=self.text(value), is_right=is_right, probability=probability, guesses=guesses
        )


def _is_guess(value: JSON) -> bool:
    if value.keys() != {"word", "probability"} or not isinstance(value["word"], str):
        return False
    probability = value["probability"]
    return isinstance(probability, int | float) and not isinstance(probability, bool) and 0 <= probability <= 1
