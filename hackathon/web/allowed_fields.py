"""What a challenge lets a team choose, as rows of a table: read from the contract, as a submit is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.base import ContractModel
from training_worker.contract.config import TrainingArguments, describe_allowed, summary
from training_worker.contract.limits import ChallengeLimits
from training_worker.contract.methods import METHODS, methods_for
from training_worker.contract.tasks import TaskSpec
from training_worker.contract.techniques import TECHNIQUES, techniques_for

EXAMPLE_FIELDS = ("learning_rate", "per_device_train_batch_size", "num_train_epochs", "max_length")


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


def example_config(limits: ChallengeLimits, task: TaskSpec) -> dict[str, Any]:
    """A config to begin with: the first allowed model, LoRA where it is allowed, defaults moved into the ranges."""
    method = "lora" if "lora" in limits.methods else limits.methods[0]
    training: dict[str, Any] = {}
    for name in EXAMPLE_FIELDS:
        if f"training.{name}" in task.unused:
            continue
        default = TrainingArguments.model_fields[name].default
        bounds = limits.ranges.get(f"training.{name}")
        value = default if bounds is None else min(max(default, bounds.min), bounds.max)
        training[name] = type(default)(value)
    return {"base_model": limits.base_models[0], "method": {"name": method}, "training": training}
