"""A submitted config as a table: every hyper-parameter beside its default. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from training_worker.contract.base import ContractModel
from training_worker.contract.config import SubmissionConfig
from training_worker.contract.tasks import TaskSpec

from .fields import as_text


@dataclass(frozen=True)
class ConfigRow:
    """One hyper-parameter. `default` is what a config that leaves it out is trained with."""

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


def config_groups(config: SubmissionConfig, task: TaskSpec) -> list[ConfigGroup]:
    """In the order of a config, without what changes nothing in the task."""
    training = [row for row in _rows(config.training) if f"training.{row.name}" not in task.unused]
    return [
        ConfigGroup("base_model", config.base_model, []),
        ConfigGroup("method", config.method.name, list(_rows(config.method))),
        ConfigGroup("training", "", training),
        *(ConfigGroup("technique", technique.name, list(_rows(technique))) for technique in config.techniques),
    ]


def _rows(model: ContractModel) -> Iterator[ConfigRow]:
    for name, field in type(model).model_fields.items():
        if name != "name":
            description = _(field.description) if field.description else ""
            yield ConfigRow(name, as_text(getattr(model, name)), as_text(field.default), description)
