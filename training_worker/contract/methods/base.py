"""What all fine-tuning methods share."""

from __future__ import annotations

from typing import ClassVar

from ..base import ContractModel
from ..families import FAMILIES, Family
from ..tasks.spec import TaskSpec


class MethodConfig(ContractModel):
    """A method's own fields beside its `name`. The class also says which tasks and model families it fits."""

    uses_frozen_features: ClassVar[bool] = False
    """The backbone does not train: its features are computed once."""
    needs_layers: ClassVar[bool] = False
    """It changes linear layers, chosen by its field `target_modules`: the model must have some."""
    families: ClassVar[tuple[Family, ...]] = FAMILIES
    tasks: ClassVar[tuple[str, ...] | None] = None
    """Ids of the tasks it has a meaning for; None: all."""

    @classmethod
    def fits(cls, task: TaskSpec) -> bool:
        """Has it a meaning for the task, by a model of some family?"""
        has_inputs = task.has_features or not cls.uses_frozen_features
        return has_inputs and (cls.tasks is None or task.id in cls.tasks)

    @classmethod
    def families_for(cls, task: TaskSpec) -> tuple[Family, ...]:
        """Those whose models it can train in a task that it fits."""
        without = task.without_features if cls.uses_frozen_features else ()
        return tuple(family for family in cls.families if family not in without)
