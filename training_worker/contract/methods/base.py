"""What all fine-tuning methods share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from .. import sentences
from ..base import JSON, ContractModel, FieldError
from ..facts import LayerGroup, ModelFacts, ModelSize
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
    reads_tokens: ClassVar[bool] = False
    """It works on the tokens of texts: the task must have some."""
    can_checkpoint: ClassVar[bool] = True
    """Activations can be computed again for the gradients."""
    easiest: ClassVar[Mapping[str, JSON]] = {}
    """Values of fields with which it asks least of a model, where the defaults do not."""
    families: ClassVar[tuple[Family, ...]] = FAMILIES
    families_of: ClassVar[Mapping[str, tuple[Family, ...]]] = {}
    """By name of a field: the families it has a meaning for, where they are not all of the method's."""
    tasks: ClassVar[tuple[str, ...] | None] = None
    """Ids of the tasks it has a meaning for; None: all."""

    @property
    def weights(self) -> Weights:
        """Of the base model; whatever trains is float32."""
        return Weights()

    @property
    def virtual_tokens(self) -> int:
        """Positions of the model that it takes from the text."""
        return 0

    @property
    def read_tokens(self) -> int:
        """Of those, what costs as much as a token of the text."""
        return 0

    def added_parameters(self, size: ModelSize) -> int:
        """That train beside the backbone of a model of that size."""
        return 0

    def trained_parameters(self, size: ModelSize) -> int:
        """Of the backbone's own, those that train."""
        return 0

    def step_share(self, size: ModelSize | None) -> float:
        """Time of a training step as a share of one in which every parameter trains. Of that a third each goes into the
        pass forward, the gradients of activations and those of weights."""
        return ADDED_SHARE

    def problems(self, facts: ModelFacts) -> Iterator[FieldError]:
        """Why a base model cannot be trained so, whatever the task."""
        return iter(())

    @classmethod
    def problems_of_all(cls, facts: ModelFacts) -> list[FieldError]:
        """Why a base model cannot be trained by any config of the method; [] where it can."""
        name = get_args(cls.model_fields["name"].annotation)[0]
        return list(cls.model_validate({"name": name, **cls.easiest}).problems(facts))

    @classmethod
    def fits(cls, task: TaskSpec) -> bool:
        has_inputs = task.has_features or not cls.uses_frozen_features
        has_tokens = task.unit == "tokens" or not cls.reads_tokens
        return has_inputs and has_tokens and (cls.tasks is None or task.id in cls.tasks)

    @classmethod
    def uses_field(cls, name: str, task: TaskSpec) -> bool:
        """Has that field a meaning for any model of the task?"""
        return not set(task.families).isdisjoint(cls.families_of.get(name, task.families))


ADDED_SHARE = 0.8
"""Of methods whose gradients go through the whole frozen backbone to what is added to it or chosen of it: LoRA and
BitFit were seen to be 1.2 to 1.45 times as fast as training all (MiniLM on a CPU)."""


def layer_problem(facts: ModelFacts, group: LayerGroup, field: str, allowed: str = "") -> Iterator[FieldError]:
    """Where the model has no layers of the group."""
    if group not in facts.layers:
        yield FieldError(code="no_such_layers", field=field, message=sentences.NO_SUCH_LAYERS, allowed=allowed)
