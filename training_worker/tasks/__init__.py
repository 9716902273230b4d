"""One module per task id: how its data become tensors, what its model computes, how its answers are read.

The ids equal `training_worker.contract.tasks.TASKS` (tested).
"""

from __future__ import annotations

from importlib import import_module

from .base import Task


def load_task(id_: str) -> type[Task]:
    """The constant `TASK` of the module of that id, imported when it is needed."""
    task: type[Task] = import_module(f".{id_.replace('-', '_')}", __name__).TASK
    return task
