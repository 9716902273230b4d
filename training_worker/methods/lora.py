"""`lora`: low-rank adapters by peft, injected in place (no wrapper: the backbone keeps its own forward)."""

from __future__ import annotations

from peft import LoraConfig, inject_adapter_in_model

from ..contract.methods import Lora
from ..tasks.base import TaskModel
from .layers import is_transposed, target_layers


def prepare(model: TaskModel, config: Lora) -> TaskModel:
    """Freeze the backbone and put adapters on its linear layers, float32 whatever the base is kept in. The B matrices
    start at zero: step 0 is the base."""
    model.backbone.requires_grad_(False)
    inject_adapter_in_model(lora_config(model, config), model.backbone)
    for parameter in filter(lambda one: one.requires_grad, model.backbone.parameters()):
        parameter.data = parameter.data.float()  # peft makes them of the base's type
    return model


def lora_config(model: TaskModel, config: Lora) -> LoraConfig:
    """In peft's words."""
    layers = target_layers(model.backbone, config.target_modules)
    return LoraConfig(
        r=config.r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        use_dora=config.use_dora,
        use_rslora=config.use_rslora,
        target_modules=layers,
        fan_in_fan_out=is_transposed(model.backbone, layers),
        bias="none",
    )
