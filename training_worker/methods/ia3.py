"""`ia3`: learned factors on keys, values and feed-forward activations, by peft, injected in place."""

from __future__ import annotations

from peft import IA3Config, inject_adapter_in_model

from ..contract.methods import Ia3
from ..tasks.base import TaskModel
from .layers import ATTENTION, is_transposed, target_layers


def prepare(model: TaskModel, config: Ia3) -> TaskModel:
    """Freeze the backbone and put factors into it, which start at one: step 0 is the base."""
    model.backbone.requires_grad_(False)
    layers = target_layers(model.backbone, "keys-values-ff")
    adapter = IA3Config(
        target_modules=layers,
        feedforward_modules=[name for name in layers if not ATTENTION.search(name)],
        fan_in_fan_out=is_transposed(model.backbone, layers),
    )
    inject_adapter_in_model(adapter, model.backbone)
    return model
