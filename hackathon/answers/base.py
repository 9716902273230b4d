"""What the site must know of one kind of answer: `AnswerKind`. Pure: nothing here reads the database."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from hackathon.bundles.rows import Row
from hackathon.presentation.answer import ShownAnswer
from hackathon.presentation.values import value_text
from training_worker.contract.base import JSON
from training_worker.contract.report import ExampleKind
from training_worker.contract.tasks import TaskSpec

RowProblem = Callable[[Row, bool], str]
"""What is wrong with a row's answer, "" for nothing; the flag says that no part of it may be repeated."""


@dataclass(frozen=True)
class LabelWords:
    """What a chart of the data's labels is called, and its axis."""

    title: str
    axis: str


class AnswerKind(ABC):
    """One kind of answer. `target` is a value of the task's target column, `inputs` are the columns of its row."""

    python_type: ClassVar[type | UnionType]
    """Of an answer in a report."""
    least_labels: ClassVar[int] = 2
    """Labels that the data must have, where it has labels."""
    part_type: ClassVar[type | UnionType] = object
    """Of the parts of an answer that is a list."""
    has_probability: ClassVar[bool] = False
    """Answers are right or wrong, told by how sure the model is; else by how far off they are."""

    def holds(self, value: JSON) -> bool:
        """Can an answer in a report, which a node has sent, be shown?"""
        if isinstance(value, list) and not all(isinstance(part, self.part_type) for part in value):
            return False
        return isinstance(value, self.python_type)

    # --- bundles ---------------------------------------------------------------------------------------------

    @abstractmethod
    def row_problem(self, task: TaskSpec, test: Sequence[Row], labels: Sequence[str]) -> RowProblem:
        """`test` are the rows of test.jsonl: a hidden answer is judged beside the inputs of its item."""

    def listed_problems(self, names: Sequence[Any]) -> Iterator[str]:
        """What is wrong with labels that challenge.yaml lists."""
        yield from ()

    def train_problem(self, task: TaskSpec, train: Sequence[Row]) -> str:
        """What makes the training answers as a whole no use; "" for nothing."""
        return ""

    def names_in(self, target: Any) -> Sequence[str]:
        """The labels, as the data lists them, that one answer uses."""
        return ()

    @abstractmethod
    def largest_line(self, row: Row, task: TaskSpec, labels: Sequence[str]) -> int:
        """Bytes that a line of predictions for `row` has at most, its line feed with it."""

    def strata(self, targets: Sequence[Any]) -> list[str]:
        """The stratum of each test item, of which the public and the private part get their share: all one.

        An item's stratum depends on the targets, not on their order.
        """
        return [""] * len(targets)

    # --- what is counted of the data -------------------------------------------------------------------------

    def label_names(self, labels: Sequence[str]) -> list[str]:
        """What examples can be counted and filtered by, in the order of the data's `labels`."""
        return list(labels)

    def labels_of(self, target: Any) -> list[str]:
        """Of one answer, each as often as it is counted."""
        return list(self.names_in(target))

    def number_of(self, target: Any) -> float | None:
        """The number whose distribution is shown; None where an answer is none."""
        return None

    # --- words -----------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def truth_name(self) -> str: ...

    @property
    @abstractmethod
    def dummy_method(self) -> str:
        """What one answers who knows only how often which answer is right (`metrics.base.Output.dummy`)."""

    @property
    def label_words(self) -> LabelWords:
        return LabelWords(_("Share of examples by label (%)"), _("label"))

    def hint(self, kind: ExampleKind) -> str:
        """What the examples of a kind are."""
        if self.has_probability and kind is ExampleKind.IMPROVED:
            return _("The base model was wrong, your run is right.")
        if self.has_probability and kind is ExampleKind.REGRESSED:
            return _("The base model was right, your run is wrong.")
        return {
            ExampleKind.ERROR: _("Wrong predictions, the highest probability first."),
            ExampleKind.UNCERTAIN: _("Right predictions, the lowest probability first."),
            ExampleKind.CONFIDENT: _("Right predictions, the highest probability first."),
            ExampleKind.LARGEST_ERROR: _("The predictions that are farthest from the truth."),
            ExampleKind.SMALLEST_ERROR: _("The predictions that are closest to the truth."),
            ExampleKind.IMPROVED: _("Your run is closer to the truth than the base model."),
            ExampleKind.REGRESSED: _("The base model is closer to the truth than your run."),
        }[kind]

    def error_text(self, error: float) -> str:
        """How far off an answer is; "" where right or wrong says all."""
        return "" if self.has_probability else f"{error:.4g}"

    # --- what is shown ---------------------------------------------------------------------------------------

    def text(self, value: JSON) -> str:
        """An answer as one line; "" for none."""
        return value_text(value)

    def is_right(self, value: JSON, target: JSON) -> bool | None:
        """None where right and wrong is no question."""
        return bool(value == target)

    def filters_of(self, value: JSON) -> frozenset[str]:
        """What an example can be asked for by its answer, "" for no answer; nothing where answers have no labels."""
        return frozenset({""}) if value is None else frozenset(self.labels_of(value))

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
        """An answer beside the `other` one that it is compared with: the truth's prediction, a prediction's truth."""
        return ShownAnswer(name=name, text=self.text(value), is_right=is_right, probability=probability)


def line_size(value: JSON) -> int:
    """Bytes of a line of JSON, its line feed with it."""
    return len(json.dumps(value, ensure_ascii=False).encode()) + 1
