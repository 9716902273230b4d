"""Groups of examples of a validation report, as the presentation templates show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hackathon.answers import answers_of
from hackathon.presentation.answer import ShownAnswer
from hackathon.presentation.shown import FileUrl, ShownExample, shown_inputs
from training_worker.contract.base import JSON
from training_worker.contract.report import Example, ExampleGroup, ExampleKind
from training_worker.contract.tasks import TaskSpec


@dataclass(frozen=True)
class ShownGroup:
    """`count` items are of this kind; the examples are the most telling."""

    kind: ExampleKind
    title: str
    hint: str
    count: int
    examples: list[ShownExample]


def shown_group(group: ExampleGroup, *, spec: TaskSpec, file_url: FileUrl, has_base: bool) -> ShownGroup:
    hint = answers_of(spec.output).hint(group.kind)
    examples = [shown_example(example, spec, file_url, has_base) for example in group.examples]
    return ShownGroup(group.kind, kind_title(group.kind), hint, group.count, examples)


def kind_title(kind: ExampleKind) -> str:
    return {
        ExampleKind.ERROR: _("Errors"),
        ExampleKind.UNCERTAIN: _("Correct, least confident"),
        ExampleKind.CONFIDENT: _("Correct, most confident"),
        ExampleKind.LARGEST_ERROR: _("Largest errors"),
        ExampleKind.SMALLEST_ERROR: _("Smallest errors"),
        ExampleKind.IMPROVED: _("Improved"),
        ExampleKind.REGRESSED: _("Regressed"),
    }[kind]


def shown_example(example: Example, spec: TaskSpec, file_url: FileUrl, has_base: bool) -> ShownExample:
    kind = answers_of(spec.output)
    truth = kind.shown(
        kind.truth_name,
        example.target,
        other=example.predicted,
        inputs=example.inputs,
        task=spec,
        probability=None if example.predicted == example.target else example.target_confidence,
    )
    tuned = _answer(_("Prediction"), example.predicted, example, spec, example.confidence)
    base = [_answer(_("Base model"), example.base_predicted, example, spec)] if has_base else []
    return ShownExample(
        id=example.id,
        inputs=shown_inputs(example.inputs, spec, file_url),
        answers=(truth, tuned, *base),
        error="" if example.error is None else kind.error_text(example.error),
    )


def _answer(name: str, value: JSON, example: Example, spec: TaskSpec, probability: float | None = None) -> ShownAnswer:
    kind = answers_of(spec.output)
    return kind.shown(
        name,
        value,
        other=example.target,
        inputs=example.inputs,
        task=spec,
        is_right=kind.is_right(value, example.target),
        probability=probability,
    )
