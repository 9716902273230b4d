from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from ..base import FieldError
from ..facts import ModelFacts, ModelSize
from ..families import Family
from .base import Dtype, MethodConfig, Weights, layer_problem

TargetModules = Literal["attention", "all-linear"]


class Lora(MethodConfig):
    """Low-rank adapters on the linear layers (Hu et al. 2021; DoRA: Liu et al. 2024, rsLoRA: Kalajdzievski 2023); the
    head trains too."""

    families_of: ClassVar[Mapping[str, tuple[Family, ...]]] = {"dtype": ("decoder",), "load_in_4bit": ("decoder",)}

    name: Literal["lora"]
    r: Annotated[int, Field(ge=1, le=64, description="Rank of the update matrices.")] = 8
    lora_alpha: Annotated[
        int, Field(ge=1, le=256, description="Scaling: the update is multiplied by lora_alpha / r.")
    ] = 16
    lora_dropout: Annotated[float, Field(ge=0.0, le=0.9, description="Dropout in front of the adapters.")] = 0.05
    target_modules: Annotated[
        TargetModules,
        Field(description="Which linear layers get an adapter: the attention projections or all of them."),
    ] = "attention"
    use_dora: Annotated[
        bool, Field(description="DoRA: the length of each column of a weight trains apart from its direction; slower.")
    ] = False
    use_rslora: Annotated[
        bool, Field(description="Scale the update by lora_alpha / sqrt(r): a large r does not make it smaller.")
    ] = False
    dtype: Annotated[
        Dtype, Field(description="Type of the frozen weights; bfloat16 halves them. The adapters are float32.")
    ] = "float32"
    load_in_4bit: Annotated[
        bool, Field(description="Frozen linear layers in 4 bits (QLoRA, NF4): an eighth of float32. Needs a CUDA card.")
    ] = False

    @property
    def weights(self) -> Weights:
        return Weights(self.dtype, self.load_in_4bit)

    def added_parameters(self, size: ModelSize) -> int:
        return self.r * size.linear[self.target_modules].widths if self.target_modules in size.linear else 0

    @classmethod
    def groups_of(cls, facts: ModelFacts) -> list[TargetModules]:
        """What `target_modules` may be for a base model."""
        return [group for group in get_args(TargetModules) if group in facts.layers]

    @classmethod
    def problems_of_all(cls, facts: ModelFacts) -> list[FieldError]:
        group: TargetModules = next(iter(cls.groups_of(facts)), "attention")
        return list(cls(name="lora", target_modules=group).problems(facts))

    def problems(self, facts: ModelFacts) -> Iterator[FieldError]:
        found = self.groups_of(facts)
        return layer_problem(facts, self.target_modules, "method.target_modules", ", ".join(found))
