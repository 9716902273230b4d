"""`report.json`: what a run got right and wrong on the validation items, written whole by the worker.

Web processes show it and compute nothing. Every part but `metrics` may be empty: a task fills those its readers expect.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from .base import JSON, ContractModel

MOST_EXAMPLES = 6
"""Examples of one kind."""
MOST_CONFUSIONS = 10
MOST_POINTS = 1000
LONGEST_TEXT = 5000
"""Characters that are kept of one input of an example, and words of a list."""


class MetricRow(ContractModel):
    """One metric over all validation items; `base` is that of the untrained model."""

    name: str
    value: float
    se: float
    base: float | None = None


class ClassRow(ContractModel):
    """One class, or one type of entity."""

    label: str
    precision: float
    recall: float
    f1: float
    support: Annotated[int, Field(ge=0)]
    base_f1: float | None = None


class Confusion(ContractModel):
    """`count` items of class `target` were taken for `predicted`."""

    target: str
    predicted: str
    count: Annotated[int, Field(ge=1)]


class Point(ContractModel):
    """True and predicted value of one item."""

    target: float
    predicted: float


class ExampleKind(StrEnum):
    """The last two compare with the base model.

    Where answers have a probability, errors are told by it, and the right answers are `uncertain` (the half with the
    lower one) or `confident`. Where an answer can be more or less wrong, items are told by their errors.
    """

    CONFIDENT_ERROR = "confident_error"
    UNCERTAIN = "uncertain"
    CONFIDENT = "confident"
    LARGEST_ERROR = "largest_error"
    SMALLEST_ERROR = "smallest_error"
    IMPROVED = "improved"
    REGRESSED = "regressed"


class Example(ContractModel):
    """One validation item. `inputs` are its columns; `target`, `predicted` and `base_predicted` have the task's own
    shape: a label, a list of tags, a number; None is "no answer" (for `base_predicted` also "not known").

    `confidence` is the probability of the answer, `target_confidence` that of the truth, None where there is none.
    `error` is how far off the answer is, 0 for right: a share of wrong tags, an absolute difference.
    """

    id: str
    inputs: dict[str, JSON]
    target: JSON
    predicted: JSON
    base_predicted: JSON = None
    confidence: float | None = None
    target_confidence: float | None = None
    error: float | None = None


class ExampleGroup(ContractModel):
    """Examples of one kind, the most telling first; `count` items are of it in all."""

    kind: ExampleKind
    count: Annotated[int, Field(ge=0)]
    examples: Annotated[tuple[Example, ...], Field(max_length=MOST_EXAMPLES)]


class ValidationReport(ContractModel):
    """`confusion` has a row for each label and a column for each label and, last, "no answer"."""

    schema_version: Literal[1] = 1
    items: Annotated[int, Field(ge=1)]
    metrics: Annotated[tuple[MetricRow, ...], Field(min_length=1)]
    labels: tuple[str, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    confusions: Annotated[tuple[Confusion, ...], Field(max_length=MOST_CONFUSIONS)] = ()
    points: Annotated[tuple[Point, ...], Field(max_length=MOST_POINTS)] = ()
    groups: tuple[ExampleGroup, ...] = ()

    @property
    def has_base(self) -> bool:
        return any(row.base is not None for row in self.metrics)
