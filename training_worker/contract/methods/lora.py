from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import MethodConfig


class Lora(MethodConfig):
    """Low-rank adapters on the linear layers (Hu et al. 2021); the head trains too."""

    needs_layers: ClassVar[bool] = True

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
