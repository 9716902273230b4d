"""One module per task id: how its data become tensors, what its model computes, how its answers are read.

The ids equal `training_worker.contract.tasks.TASKS` (tested).
"""

from __future__ import annotations

from importlib import import_module

from ..contract.families import Family
from .base import Task


def load_task(id_: str, family: Family | None = None) -> type[Task]:
    """The module of that id, imported when it is needed, says how: its constant `TASK`, or for models of a family that
    is in its constant `BY_FAMILY` the class there."""
    module = import_module(f".{id_.replace('-', '_')}", __name__)
    by_family: dict[Family | None, type[Task]] = getattr(module, "BY_FAMILY", {})
    task: type[Task] = by_family.get(family, module.TASK)
    return task
