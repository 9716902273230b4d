"""`full`: every parameter trains."""

from __future__ import annotations

from ..contract.methods import Full
from ..tasks.base import TaskModel


def prepare(model: TaskModel, config: Full) -> TaskModel:
    model.backbone.requires_grad_(True)
    return model
