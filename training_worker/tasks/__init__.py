"""One module per task id: how its data become tensors, what its model computes, how its answers are read.

The ids equal `training_worker.contract.tasks.TASKS` (tested).
"""

from __future__ import annotations

from importlib import import_module

from ..contract.families import Family
from .base import Task


def load_task(id_: str, family: Family | None = None) -> type[Task]:
    """The constant `TASK` of the module of that id, imported when it is needed; of a family that is among the variants
    of its spec what the module's `VARIANTS` has."""
    module = import_module(f".{id_.replace('-', '_')}", __name__)
    variants: dict[Family | None, type[Task]] = getattr(module, "VARIANTS", {})
    task: type[Task] = module.TASK
    return variants.get(family, task)
