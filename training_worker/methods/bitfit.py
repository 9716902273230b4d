"""`bitfit`: the biases of the backbone train (Ben Zaken et al. 2021)."""

from __future__ import annotations

from ..contract.methods import Bitfit
from ..tasks.base import TaskModel


def prepare(model: TaskModel, config: Bitfit) -> TaskModel:
    for name, parameter in model.backbone.named_parameters():
        parameter.requires_grad_(is_bias(name))
    return model


def is_bias(name: str) -> bool:
    """Of a parameter's name: of linear layers, convolutions and normalisation."""
    return name.rpartition(".")[2] == "bias"
