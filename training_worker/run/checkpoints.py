"""Gradient checkpointing: a layer keeps its input alone and is computed again when its gradients are."""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers.modeling_layers import GradientCheckpointingLayer


def checkpointed_layers(backbone: nn.Module) -> int:
    """How many layers can be computed again; 0 where the model cannot do that."""
    if not getattr(backbone, "supports_gradient_checkpointing", False):
        return 0
    return sum(isinstance(module, GradientCheckpointingLayer) for module in backbone.modules())


def use_checkpoints(backbone: nn.Module) -> None:
    """While the model is in training mode. Dropout draws the same numbers again. Not the reentrant kind, which gives
    no gradients where the input of a layer needs none, as in a frozen backbone with adapters: so what transformers
    does about that is undone."""
    model: Any = backbone
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    model.disable_input_require_grads()
