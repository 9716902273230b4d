"""Examples as the presentation templates show them: inputs, answers, words with their spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from hackathon.models import Challenge, ChallengeData
from training_worker.contract.base import JSON
from training_worker.contract.records import field_text, record_text
from training_worker.contract.tasks import Column, TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS

from .answer import ShownAnswer
from .places import Mark, Piece, Place, marked, mask_in, span_of
from .values import texts_in, value_text

LEAD = 300
"""Characters of a text that are shown at once."""

TONES = ("truth", "prediction", "base")
"""Of the marks of an example's answers, in their order."""

FileUrl = Callable[[str], str]
"""Address of a file of the data by its name."""


def data_file_url(challenge: Challenge, data: ChallengeData) -> FileUrl:
    return lambda name: reverse("challenges:data_file", args=[challenge.slug, data.version, name])


@dataclass(frozen=True)
class Message:
    """What one of a conversation said."""

    role: str
    content: str

    @property
    def name(self) -> str:
        return {"system": _("system"), "user": _("user"), "assistant": _("assistant")}.get(self.role, self.role)


@dataclass(frozen=True)
class ShownInput:
    """One input column: `text`, where it names a file of the data `url`, and where it is a conversation `messages`.
    `is_passage`: parts of it are marked."""

    name: str
    text: str
    url: str = ""
    is_passage: bool = False
    place: Place | None = None
    """Of an input that is a part of the passage, or of the hidden word in the passage itself."""
    parts: tuple[str, ...] = ()
    """Of an input that is a list of texts."""
    messages: tuple[Message, ...] = ()
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

    @property
    def passage(self) -> tuple[Piece, ...]:
        """The input that answers or other inputs are parts of, with these marked; () where none is."""
        whole = next((shown.text for shown in self.inputs if shown.is_passage), "")
        tones = zip(self.answers, TONES, strict=False)
        marks = [Mark(*answer.place, answer.name, tone) for answer, tone in tones if answer.place]
        marks += [
            Mark(*shown.place, "" if shown.is_passage else shown.name, "entity") for shown in self.inputs if shown.place
        ]
        return marked(whole, marks)

    @property
    def choices(self) -> list[Piece]:
        """Of the input that is a list: each with the names of the answers that chose it."""
        texts = next((shown.parts for shown in self.inputs if shown.parts), ())
        return [_choice(text, number, self.answers) for number, text in enumerate(texts)]


def _choice(text: str, number: int, answers: Sequence[ShownAnswer]) -> Piece:
    there = [(tone, answer.name) for answer, tone in zip(answers, TONES, strict=False) if answer.choice == number]
    return Piece(text, " ".join(tone for tone, _name in there), ", ".join(name for _tone, name in there))


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
    if column.kind == "messages" and isinstance(value, list):
        return ShownInput(column.name, text, messages=tuple(Message(one["role"], one["content"]) for one in value))
    url = file_url(text) if column.kind in FILE_KINDS else ""
    place = span_of(value) if column.kind == "span" else mask_in(text) if column.kind == "masked" else None
    parts = tuple(texts_in(value)) if column.kind == "strings" else ()
    return ShownInput(column.name, text, url, column.is_fixed or column.kind == "masked", place, parts)


def _field(value: JSON) -> str:
    return "–" if value is None else field_text(value)


def shown_row(row: Mapping[str, JSON], spec: TaskSpec, file_url: FileUrl) -> ShownExample:
    """A row of train or validation: its inputs and its true answer."""
    kind, target = answers_of(spec.output), row[spec.target.name]
    truth = kind.shown(kind.truth_name, target, other=target, inputs=row, task=spec)
    return ShownExample(id=str(row["id"]), inputs=shown_inputs(row, spec, file_url), answers=(truth,))
