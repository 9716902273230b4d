"""`report.json`: what a run got right and wrong on the validation items, written whole by the worker.

Web processes show it and compute nothing. Every part but `metrics` may be empty: a task fills those its readers expect.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from .base import ContractModel, Fraction
from .bounds import MOST_BYTES, Count, Figure, Name
from .records import MOST_FIELDS

MOST_EXAMPLES = 6
"""Examples of one kind."""
MOST_CONFUSIONS = 10
MOST_POINTS = 1000
MOST_CURVES = 6
MOST_SLICES = 20
RECALLS = tuple(step / 20 for step in range(21))
LONGEST_TEXT = 5000
"""Characters that are kept of one input of an example, and words of a list."""
MOST_LABELS = 1000
MOST_PARTS = 1000
"""Values of a list inside of an object."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Label = Annotated[str, Field(max_length=200)]
Whole = Annotated[int, Field(ge=-MOST_BYTES, le=MOST_BYTES)]
_Scalar = bool | Text | Whole | Figure | None
_Flat = Annotated[
    dict[Label, _Scalar | Annotated[list[_Scalar], Field(max_length=MOST_PARTS)]], Field(max_length=MOST_FIELDS)
]
Value = _Scalar | Annotated[list[_Scalar | _Flat], Field(max_length=LONGEST_TEXT)] | _Flat
"""What a column of the data holds: a text, a number, a list of them, or objects of such values (a box, a message, a row
of a table)."""


class MetricRow(ContractModel):
    """One metric over all validation items; `base` is that of the untrained model."""

    name: Name
    value: Figure
    se: Figure
    base: Figure | None = None


class ClassRow(ContractModel):
    """One class, or one type of entity. `score` is what the report's `class_score` names, None where it has none."""

    label: Label
    precision: Fraction
    recall: Fraction
    f1: Fraction
    support: Count
    base_f1: Fraction | None = None
    score: Fraction | None = None
    base_score: Fraction | None = None


class Confusion(ContractModel):
    """`count` items of class `target` were taken for `predicted`."""

    target: Label
    predicted: Label
    count: Annotated[Count, Field(ge=1)]


class Point(ContractModel):
    """True and predicted value of one item."""

    target: Figure
    predicted: Figure


class PrecisionCurve(ContractModel):
    """How precision falls as more of a class is found: `precisions[i]` is the highest one at a recall of at least
    `RECALLS[i]`. `average_precision` is the area under the curve before that smoothing; `base` is the untrained
    model's."""

    label: Label
    average_precision: Fraction
    base: Fraction | None = None
    precisions: Annotated[tuple[Fraction, ...], Field(min_length=len(RECALLS), max_length=len(RECALLS))]


class CalibrationBin(ContractModel):
    """Items whose answer has a probability above `low` and up to `high`: their mean probability, and the share of them
    that is right."""

    low: Fraction
    high: Fraction
    items: Annotated[Count, Field(ge=1)]
    confidence: Fraction
    accuracy: Fraction


class PartRow(ContractModel):
    """The first of the report's metrics over some of the items: those of a `slice` of the data, or those whose inputs
    have `low` to `high` characters."""

    slice: Label = ""
    low: Count = 0
    high: Count = 0
    items: Annotated[Count, Field(ge=1)]
    value: Figure
    se: Figure
    base: Figure | None = None


class ExampleKind(StrEnum):
    """The last two compare with the base model.

    Where answers have a probability, an item is an `error` (wrong, however probable the model held its answer) or
    right: `uncertain` (the half with the lower probability) or `confident`. Where an answer can be more or less wrong,
    items are told by their errors.
    """

    ERROR = "error"
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

    id: Text
    inputs: Annotated[dict[str, Value], Field(max_length=50)]
    target: Value
    predicted: Value
    base_predicted: Value = None
    confidence: Figure | None = None
    target_confidence: Figure | None = None
    error: Figure | None = None


class KeptExample(Example):
    """A line of `examples.jsonl`: one validation item, with all the kinds that it is of."""

    kinds: Annotated[tuple[ExampleKind, ...], Field(max_length=len(ExampleKind))]


class ExampleGroup(ContractModel):
    """Examples of one kind, the most telling first; `count` items are of it in all."""

    kind: ExampleKind
    count: Count
    examples: Annotated[tuple[Example, ...], Field(max_length=MOST_EXAMPLES)]


class Collapse(ContractModel):
    """The model gives one answer to (nearly) all validation items, though their right answers differ: a label, the tag
    of a word, a number; `share` is of the items, of tags of the words."""

    answer: Label | Figure
    share: Fraction


class ValidationReport(ContractModel):
    """`confusion` has a row for each label and a column for each label and, last, "no answer"."""

    schema_version: Literal[1] = 1
    items: Annotated[Count, Field(ge=1)]
    metrics: Annotated[tuple[MetricRow, ...], Field(min_length=1, max_length=50)]
    labels: Annotated[tuple[Label, ...], Field(max_length=MOST_LABELS)] = ()
    classes: Annotated[tuple[ClassRow, ...], Field(max_length=MOST_LABELS)] = ()
    class_score: Literal["AP", "IoU"] | None = None
    """What its readers judge a class by beside F1: average precision of boxes, intersection over union of masks."""
    confusion: Annotated[tuple[tuple[Count, ...], ...], Field(max_length=MOST_LABELS)] = ()
    confusions: Annotated[tuple[Confusion, ...], Field(max_length=MOST_CONFUSIONS)] = ()
    points: Annotated[tuple[Point, ...], Field(max_length=MOST_POINTS)] = ()
    curves: Annotated[tuple[PrecisionCurve, ...], Field(max_length=MOST_CURVES)] = ()
    calibration: Annotated[tuple[CalibrationBin, ...], Field(max_length=100)] = ()
    parts: Annotated[tuple[PartRow, ...], Field(max_length=MOST_SLICES + 10)] = ()
    groups: Annotated[tuple[ExampleGroup, ...], Field(max_length=50)] = ()
    collapse: Collapse | None = None

    @property
    def has_base(self) -> bool:
        return any(row.base is not None for row in self.metrics)
