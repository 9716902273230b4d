"""What all fine-tuning methods share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from ..base import ContractModel
from ..facts import ModelSize
from ..families import FAMILIES, Family
from ..tasks.spec import TaskSpec

Dtype = Literal["float32", "bfloat16"]
"""As transformers names them."""


@dataclass(frozen=True)
class Weights:
    """How the base model's weights are kept: those of linear layers in 4 bits or, as all others, in `dtype`."""

    dtype: Dtype = "float32"
    load_in_4bit: bool = False


class MethodConfig(ContractModel):
    """A method's own fields beside its `name`. The class also says which tasks and model families it fits."""

    uses_frozen_features: ClassVar[bool] = False
    """The backbone does not train: its features are computed once."""
    freezes_backbone: ClassVar[bool] = False
    """Of the base model nothing trains; what is added to it may."""
    needs_layers: ClassVar[bool] = False
    """It changes linear layers, chosen by its field `target_modules`: the model must have some."""
    families: ClassVar[tuple[Family, ...]] = FAMILIES
    families_of: ClassVar[Mapping[str, tuple[Family, ...]]] = {}
    """By name of a field: the families it has a meaning for, where they are not all of the method's."""
    tasks: ClassVar[tuple[str, ...] | None] = None
    """Ids of the tasks it has a meaning for; None: all."""

    @property
    def weights(self) -> Weights:
        """Of the base model; whatever trains is float32."""
        return Weights()

    def added_parameters(self, size: ModelSize) -> int:
        """That train beside the backbone of a model of that size."""
        return 0

    @classmethod
    def fits(cls, task: TaskSpec) -> bool:
        has_inputs = task.has_features or not cls.uses_frozen_features
        return has_inputs and (cls.tasks is None or task.id in cls.tasks)

    @classmethod
    def uses_field(cls, name: str, task: TaskSpec) -> bool:
        """Has that field a meaning for any model of the task?"""
        return not set(task.families).isdisjoint(cls.families_of.get(name, task.families))
