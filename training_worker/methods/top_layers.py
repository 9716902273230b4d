"""`top_layers`: the last layers of the backbone train, with what is above them."""

from __future__ import annotations

from ..contract.methods import TopLayers
from ..tasks.base import TaskModel
from .layers import layers_below


def prepare(model: TaskModel, config: TopLayers) -> TaskModel:
    below = layers_below(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(below[name] <= config.num_layers)
    return model
