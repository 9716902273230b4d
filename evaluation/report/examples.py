"""Groups of examples of a validation report, as the presentation templates show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hackathon.presentation.shown import (
    FileUrl,
    ShownAnswer,
    ShownExample,
    answer_text,
    shown_inputs,
    truth_name,
    words_of,
)
from hackathon.presentation.spans import segments
from training_worker.contract.base import JSON
from training_worker.contract.report import Example, ExampleGroup, ExampleKind
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.tasks.spec import OutputKind


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
        ExampleKind.ERROR: (_("Errors"), _("Wrong predictions, the highest probability first.")),
        ExampleKind.UNCERTAIN: (_("Correct, least confident"), _("Right predictions, the lowest probability first.")),
        ExampleKind.CONFIDENT: (_("Correct, most confident"), _("Right predictions, the highest probability first.")),
        ExampleKind.LARGEST_ERROR: (_("Largest errors"), _("The predictions that are farthest from the truth.")),
        ExampleKind.SMALLEST_ERROR: (_("Smallest errors"), _("The predictions that are closest to the truth.")),
        ExampleKind.IMPROVED: (_("Improved"), improved),
        ExampleKind.REGRESSED: (_("Regressed"), regressed),
    }[kind]


def shown_example(example: Example, spec: TaskSpec, file_url: FileUrl, has_base: bool) -> ShownExample:
    words = words_of(example.inputs, spec)
    truth = ShownAnswer(
        name=truth_name(spec.output),
        text=answer_text(example.target),
        probability=None if example.predicted == example.target else example.target_confidence,
        segments=segments(words, example.target, other=example.predicted),
    )
    tuned = _answer(_("Prediction"), example.predicted, example, spec, words, example.confidence)
    base = [_answer(_("Base model"), example.base_predicted, example, spec, words)] if has_base else []
    return ShownExample(
        id=example.id,
        inputs=shown_inputs(example.inputs, spec, file_url),
        answers=(truth, tuned, *base),
        error=_error(example, spec.output),
    )


def _answer(
    name: str, value: JSON, example: Example, spec: TaskSpec, words: Sequence[str], probability: float | None = None
) -> ShownAnswer:
    return ShownAnswer(
        name=name,
        text=answer_text(value),
        is_right=None if spec.output == "number" and value is not None else value == example.target,
        probability=probability,
        segments=segments(words, value, other=example.target),
    )


def _error(example: Example, output: OutputKind) -> str:
    if example.error is None or output == "class":
        return ""
    if output == "tags":
        return _("%(percent).0f %% of the tags") % {"percent": 100 * example.error}
    return f"{example.error:.4g}"
