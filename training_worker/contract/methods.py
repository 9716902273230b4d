"""Fine-tuning methods a team may name, as data. The worker's code for each is `training_worker/methods/<name>.py`."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from .base import ContractModel


class Full(ContractModel):
    """Every parameter trains."""

    name: Literal["full"]


class Head(ContractModel):
    """Frozen backbone: its pooled features are computed once, only the classification head trains."""

    name: Literal["head"]


class Lora(ContractModel):
    """Low-rank adapters on the linear layers (Hu et al. 2021); the head trains too."""

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


Method = Annotated[Full | Head | Lora, Field(discriminator="name")]

METHODS: dict[str, type[ContractModel]] = {
    get_args(cls.model_fields["name"].annotation)[0]: cls for cls in (Full, Head, Lora)
}
