"""Examples as the presentation templates show them: inputs, answers, words with their spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from hackathon.answers import answers_of
from hackathon.models import Challenge, ChallengeData
from training_worker.contract.base import JSON
from training_worker.contract.records import field_text, record_text
from training_worker.contract.tasks import Column, TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS

from .answer import ShownAnswer
from .values import value_text

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
    fields: tuple[tuple[str, str], ...] = ()
    """Names and values of a row of a table."""

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
    value = values[column.name]
    if column.kind == "record" and isinstance(value, dict):
        fields = tuple((name, _field(one)) for name, one in value.items())
        return ShownInput(column.name, record_text(value), fields=fields)
    text = value_text(value)
    return ShownInput(column.name, text, file_url(text) if column.kind in FILE_KINDS else "")


def _field(value: JSON) -> str:
    return "–" if value is None else field_text(value)


def shown_row(row: Mapping[str, JSON], spec: TaskSpec, file_url: FileUrl) -> ShownExample:
    """A row of train or validation: its inputs and its true answer."""
    kind, target = answers_of(spec.output), row[spec.target.name]
    truth = kind.shown(kind.truth_name, target, other=target, inputs=row, task=spec)
    return ShownExample(id=str(row["id"]), inputs=shown_inputs(row, spec, file_url), answers=(truth,))
