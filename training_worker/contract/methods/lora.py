from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..facts import ModelSize
from ..families import Family
from .base import Dtype, MethodConfig, Weights


class Lora(MethodConfig):
    """Low-rank adapters on the linear layers (Hu et al. 2021); the head trains too."""

    freezes_backbone: ClassVar[bool] = True
    needs_layers: ClassVar[bool] = True
    families_of: ClassVar[Mapping[str, tuple[Family, ...]]] = {"dtype": ("decoder",), "load_in_4bit": ("decoder",)}

    name: Literal["lora"]
    r: Annotated[int, Field(ge=1, le=64, description="Rank of the update matrices.")] = 8
    lora_alpha: Annotated[
        int, Field(ge=1, le=256, description="Scaling: the update is multiplied by lora_alpha / r.")
    ] = 16
    lora_dropout: Annotated[float, Field(ge=0.0, le=0.9, description="Dropout in front of the adapters.")] = 0.05
    target_modules: Annotated[
        Literal["attention", "all-linear"],
        Field(description="Which linear layers get an adapter: the attention projections or all of them."),
    ] = "attention"
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
