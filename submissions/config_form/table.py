"""A submitted config as a table: every hyper-parameter beside its default. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from training_worker.contract.base import ContractModel
from training_worker.contract.canonical import canonical
from training_worker.contract.config import ConfigInvalid, SubmissionConfig, parse_config
from training_worker.contract.limits import Terms, read_config, task_of

from .fields import as_text, method_fields, nest
from .presets import preset_values

BY_STEPS = ("warmup_steps", "early_stopping_patience")
"""Of `training`: what these are rounded to depends on how many steps the run has."""


@dataclass(frozen=True)
class ConfigRow:
    """One hyper-parameter. `default` is what a run of the form as it starts is trained with."""

    name: str
    value: str
    default: str
    description: str

    @property
    def is_changed(self) -> bool:
        return self.value != self.default


@dataclass(frozen=True)
class ConfigGroup:
    """`name` is that of the group in a config, `chosen` the model, method or technique that it names."""

    name: str
    chosen: str
    rows: list[ConfigRow]


def config_groups(config: SubmissionConfig, terms: Terms) -> list[ConfigGroup]:
    """In the order of a config, without what changes nothing in the task."""
    started, unused = _started(config, terms), task_of(config, terms).idle_fields
    training = list(_rows(config.training, started.training))
    of_method = {field.name for field in method_fields(config.method.name, terms.limits, terms.task)}
    return [
        ConfigGroup("base_model", config.base_model, []),
        ConfigGroup(
            "method", config.method.name, [row for row in _rows(config.method, started.method) if row.name in of_method]
        ),
        ConfigGroup("training", "", [row for row in training if f"training.{row.name}" not in unused]),
        *(
            ConfigGroup(
                "technique",
                technique.name,
                list(_rows(technique, type(technique).model_validate({"name": technique.name}))),
            )
            for technique in config.techniques
        ),
    ]


def _started(config: SubmissionConfig, terms: Terms) -> SubmissionConfig:
    """What the form of the config's method starts with, rounded like the config itself, in a run of as many steps."""
    method = config.method.name
    values = preset_values(method, "", terms, model=config.base_model)
    try:
        started = read_config(nest(values), terms)
        own: dict[str, Any] = config.model_dump(mode="json")
        own["training"] |= {name: values[f"training.{name}"] for name in BY_STEPS}
        as_long = read_config(own, terms).training
        kept = {name: getattr(as_long, name) for name in BY_STEPS}
        return started.model_copy(update={"training": started.training.model_copy(update=kept)})
    except ConfigInvalid:  # the challenge's limits are others by now
        return canonical(parse_config({"base_model": config.base_model, "method": {"name": method}}), terms.task)


def _rows(model: ContractModel, started: ContractModel) -> Iterator[ConfigRow]:
    for name, field in type(model).model_fields.items():
        if name != "name":
            description = _(field.description) if field.description else ""
            yield ConfigRow(name, _shown(getattr(model, name)), _shown(getattr(started, name)), description)


def _shown(value: Any) -> str:
    return "–" if value is None else as_text(value)
