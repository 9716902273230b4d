"""What a challenge lets a team choose, as rows of a table: read from the contract, as a submit is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from training_worker.contract.base import ContractModel
from training_worker.contract.config import TrainingArguments, describe_allowed, summary
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import METHODS, methods_for
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.techniques import TECHNIQUES, techniques_for


@dataclass(frozen=True)
class AllowedField:
    """One field of a config: name within its group, default ("" while nothing can be submitted), what is allowed,
    meaning."""

    name: str
    default: str
    allowed: str
    description: str


@dataclass(frozen=True)
class AllowedGroup:
    name: str
    description: str
    fields: list[AllowedField]


def allowed_groups(limits: ChallengeLimits, task: TaskSpec, defaults: Mapping[str, str]) -> list[AllowedGroup]:
    """A group per method, one of the training arguments that the task uses, one per technique.

    `defaults` are what a form starts with, by dotted name: `method.<method>.<field>`, else as in a config.
    """
    training = list(_fields(TrainingArguments, limits, "training", _within(defaults, "training")))
    return [
        *(_method_group(name, limits, task, defaults) for name in methods_for(task, limits.methods)),
        AllowedGroup("training", "", [field for field in training if f"training.{field.name}" not in task.idle_fields]),
        *(_technique_group(name, limits, defaults) for name in techniques_for(task, limits.techniques)),
    ]


def _method_group(name: str, limits: ChallengeLimits, task: TaskSpec, defaults: Mapping[str, str]) -> AllowedGroup:
    """Without fields that have no meaning for any model of the task."""
    method = METHODS[name]
    fields = _fields(method, limits, "method", _within(defaults, f"method.{name}"))
    used = [field for field in fields if method.uses_field(field.name, task)]
    return AllowedGroup(f"method: {name}", _described(method), used)


def _technique_group(name: str, limits: ChallengeLimits, defaults: Mapping[str, str]) -> AllowedGroup:
    technique, path = TECHNIQUES[name], f"techniques.{name}"
    fields = list(_fields(technique, limits, path, _within(defaults, path)))
    return AllowedGroup(f"technique: {name}", _described(technique), fields)


def _described(model: type[ContractModel]) -> str:
    text = summary(model)
    return _(text) if text else ""


def _within(defaults: Mapping[str, str], group: str) -> dict[str, str]:
    return {path.removeprefix(f"{group}."): text for path, text in defaults.items() if path.startswith(f"{group}.")}


def _fields(
    model: type[ContractModel], limits: ChallengeLimits, prefix: str, defaults: Mapping[str, str]
) -> Iterator[AllowedField]:
    for name, field in model.model_fields.items():
        if name == "name":
            continue
        narrowed = limits.ranges.get(f"{prefix}.{name}")
        yield AllowedField(
            name=name,
            default=defaults.get(name, ""),
            allowed=str(narrowed) if narrowed else describe_allowed(model, name),
            description=_(field.description) if field.description else "",
        )
