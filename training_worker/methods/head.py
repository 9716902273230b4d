"""`head`: the backbone stays as it is."""

from __future__ import annotations

from ..contract.methods import Head
from ..tasks.base import TaskModel


def prepare(model: TaskModel, config: Head) -> TaskModel:
    model.backbone.requires_grad_(False)
    return model
