"""What a challenge lets a team choose, as rows of a table: read from the contract, as a submit is."""

from __future__ import annotations

from collections.abc import Iterator
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
    """One field of a config: name within its group, default ("" where it must be given), what is allowed, meaning."""

    name: str
    default: str
    allowed: str
    description: str


@dataclass(frozen=True)
class AllowedGroup:
    name: str
    description: str
    fields: list[AllowedField]


def allowed_groups(limits: ChallengeLimits, task: TaskSpec) -> list[AllowedGroup]:
    """A group per method, one of the training arguments that the task uses, one per technique."""
    training = list(_fields(TrainingArguments, "training", limits))
    return [
        *(_group(f"method: {name}", METHODS[name], "method", limits) for name in methods_for(task, limits.methods)),
        AllowedGroup("training", "", [field for field in training if f"training.{field.name}" not in task.unused]),
        *(
            _group(f"technique: {name}", TECHNIQUES[name], f"techniques.{name}", limits)
            for name in techniques_for(task, limits.techniques)
        ),
    ]


def _group(title: str, model: type[ContractModel], prefix: str, limits: ChallengeLimits) -> AllowedGroup:
    text = summary(model)
    return AllowedGroup(title, _(text) if text else "", list(_fields(model, prefix, limits)))


def _fields(model: type[ContractModel], prefix: str, limits: ChallengeLimits) -> Iterator[AllowedField]:
    for name, field in model.model_fields.items():
        if name == "name":
            continue
        narrowed = limits.ranges.get(f"{prefix}.{name}")
        yield AllowedField(
            name=name,
            default="" if field.is_required() else _plain(field.default),
            allowed=str(narrowed) if narrowed else describe_allowed(model, name),
            description=_(field.description) if field.description else "",
        )


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
