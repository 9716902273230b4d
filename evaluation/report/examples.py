"""Examples of a validation report as the presentation templates show them: inputs, answers, words with their spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hackathon.models import Challenge, ChallengeData
from training_worker.contract.base import JSON
from training_worker.contract.report import Example, ExampleGroup, ExampleKind
from training_worker.contract.tasks import Column, TaskSpec
from training_worker.contract.tasks.spec import FILE_KINDS, OutputKind

from .spans import Segment, segments

LEAD = 300
"""Characters of a text that are shown at once."""

FileUrl = Callable[[str], str]
"""Address of a file of the data by its name."""


def data_file_url(challenge: Challenge, data: ChallengeData) -> FileUrl:
    return lambda name: reverse("challenges:data_file", args=[challenge.slug, data.version, name])


def presentation_of(spec: TaskSpec) -> str:
    """Name of the template that shows an example."""
    return f"evaluation/presentation/_{spec.presentation}.html"


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
    error: str
    """How far off the run's answer is; "" where right or wrong says all."""


@dataclass(frozen=True)
class ShownGroup:
    """`count` items are of this kind; the examples are the most telling."""

    kind: ExampleKind
    title: str
    hint: str
    count: int
    examples: list[ShownExample]


def shown_group(group: ExampleGroup, *, spec: TaskSpec, file_url: FileUrl, has_base: bool) -> ShownGroup:
    title, hint = kind_words(group.kind, spec.output)
    examples = [shown_example(example, spec, file_url, has_base) for example in group.examples]
    return ShownGroup(group.kind, title, hint, group.count, examples)


def kind_words(kind: ExampleKind, output: OutputKind) -> tuple[str, str]:
    """Heading and hint."""
    improved, regressed = (
        (_("The base model was wrong, your run is right."), _("The base model was right, your run is wrong."))
        if output == "class"
        else (
            _("Your run is closer to the truth than the base model."),
            _("The base model is closer to the truth than your run."),
        )
    )
    return {
        ExampleKind.CONFIDENT_ERROR: (_("Confident errors"), _("Wrong predictions, the highest probability first.")),
        ExampleKind.UNCERTAIN: (_("Uncertain"), _("Right predictions, the lowest probability first.")),
        ExampleKind.CONFIDENT: (_("Confident"), _("Right predictions, the highest probability first.")),
        ExampleKind.LARGEST_ERROR: (_("Largest errors"), _("The predictions that are farthest from the truth.")),
        ExampleKind.SMALLEST_ERROR: (_("Smallest errors"), _("The predictions that are closest to the truth.")),
        ExampleKind.IMPROVED: (_("Improved"), improved),
        ExampleKind.REGRESSED: (_("Regressed"), regressed),
    }[kind]


def shown_example(example: Example, spec: TaskSpec, file_url: FileUrl, has_base: bool) -> ShownExample:
    words = _words_of(example, spec)
    truth = ShownAnswer(
        name=_truth_name(spec.output),
        text=_text(example.target),
        probability=None if example.predicted == example.target else example.target_confidence,
        segments=segments(words, example.target, other=example.predicted),
    )
    tuned = _answer(_("Prediction"), example.predicted, example, spec, words, example.confidence)
    base = [_answer(_("Base model"), example.base_predicted, example, spec, words)] if has_base else []
    return ShownExample(
        id=example.id,
        inputs=tuple(_input(column, example.inputs, file_url) for column in spec.inputs if _is_there(column, example)),
        answers=(truth, tuned, *base),
        error=_error(example, spec.output),
    )


def _words_of(example: Example, spec: TaskSpec) -> Sequence[str]:
    """The words that an answer gives tags to; none where the task has no such column."""
    values = (example.inputs[column.name] for column in spec.inputs if column.kind == "strings")
    return next((value for value in values if isinstance(value, list)), [])


def _answer(
    name: str, value: JSON, example: Example, spec: TaskSpec, words: Sequence[str], probability: float | None = None
) -> ShownAnswer:
    return ShownAnswer(
        name=name,
        text=_text(value),
        is_right=None if spec.output == "number" and value is not None else value == example.target,
        probability=probability,
        segments=segments(words, value, other=example.target),
    )


def _is_there(column: Column, example: Example) -> bool:
    return example.inputs.get(column.name) not in (None, "", [])


def _input(column: Column, values: dict[str, JSON], file_url: FileUrl) -> ShownInput:
    text = _text(values[column.name])
    return ShownInput(column.name, text, file_url(text) if column.kind in FILE_KINDS else "")


def _text(value: JSON) -> str:
    """ "" for no answer; numbers with four digits."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def _truth_name(output: OutputKind) -> str:
    return {"class": _("True label"), "tags": _("True labels"), "number": _("True value")}[output]


def _error(example: Example, output: OutputKind) -> str:
    if example.error is None or output == "class":
        return ""
    if output == "tags":
        return _("%(percent).0f %% of the tags") % {"percent": 100 * example.error}
    return f"{example.error:.4g}"
