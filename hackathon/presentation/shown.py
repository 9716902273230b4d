"""Examples as the presentation templates show them: inputs, answers, words with their spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.models import Challenge, ChallengeData
from training_worker.contract.base import JSON
from training_worker.contract.tasks import Column, TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS, OutputKind

from .spans import Segment, segments

LEAD = 300
"""Characters of a text that are shown at once."""

FileUrl = Callable[[str], str]
"""Address of a file of the data by its name."""


def data_file_url(challenge: Challenge, data: ChallengeData) -> FileUrl:
    return lambda name: reverse("challenges:data_file", args=[challenge.slug, data.version, name])


@dataclass(frozen=True)
class ShownInput:
    """One input column: `text`, and where it names a file of the data `url`."""

    name: str
    text: str
    url: str = ""

    @property
    def lead(self) -> str:
        """What is shown at once: all of it, or up to a space near `LEAD`."""
        if len(self.text) <= LEAD * 4 // 3:
            return self.text
        space = self.text.rfind(" ", LEAD // 2, LEAD)
        return self.text[: space if space > 0 else LEAD]

    @property
    def rest(self) -> str:
        return self.text[len(self.lead) :]


@dataclass(frozen=True)
class ShownAnswer:
    """The truth, the run's answer or the base model's. `is_right` is None where right and wrong is no question."""

    name: str
    text: str
    """ "" where there is no answer."""
    is_right: bool | None = None
    probability: float | None = None
    segments: tuple[Segment, ...] = ()
    """The words of the input with the spans of this answer; empty where the answer is no list of tags."""


@dataclass(frozen=True)
class ShownExample:
    id: str
    inputs: tuple[ShownInput, ...]
    answers: tuple[ShownAnswer, ...]
    """The truth first."""
    error: str = ""
    """How far off the run's answer is; "" where right or wrong says all."""


def presentation_of(spec: TaskSpec) -> str:
    """Name of the template that shows an example."""
    return f"hackathon/presentation/_{spec.presentation}.html"


def shown_inputs(values: Mapping[str, JSON], spec: TaskSpec, file_url: FileUrl) -> tuple[ShownInput, ...]:
    """Of each input column that the example has."""
    there = (column for column in spec.inputs if values.get(column.name) not in (None, "", []))
    return tuple(_input(column, values, file_url) for column in there)


def _input(column: Column, values: Mapping[str, JSON], file_url: FileUrl) -> ShownInput:
    text = answer_text(values[column.name])
    return ShownInput(column.name, text, file_url(text) if column.kind in FILE_KINDS else "")


def words_of(values: Mapping[str, JSON], spec: TaskSpec) -> Sequence[str]:
    """The words that an answer gives tags to; none where the task has no such column."""
    found = (values[column.name] for column in spec.inputs if column.kind == "strings")
    return next((value for value in found if isinstance(value, list)), [])


def shown_row(row: Mapping[str, JSON], spec: TaskSpec, file_url: FileUrl) -> ShownExample:
    """A row of train or validation: its inputs and its true answer."""
    target = row[spec.target.name]
    truth = ShownAnswer(
        name=truth_name(spec.output),
        text=answer_text(target),
        segments=segments(words_of(row, spec), target, other=target),
    )
    return ShownExample(id=str(row["id"]), inputs=shown_inputs(row, spec, file_url), answers=(truth,))


def answer_text(value: JSON) -> str:
    """ "" for no answer; numbers with four digits."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def truth_name(output: OutputKind) -> str:
    return {"class": _("True label"), "tags": _("True labels"), "number": _("True value")}[output]
