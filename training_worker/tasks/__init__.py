"""One module per task id: how its data become tensors, what its model computes, how its answers are judged.

The ids equal `training_worker.contract.tasks.TASKS` (tested).
"""

from __future__ import annotations

from types import ModuleType

from . import text_classification

TASKS: dict[str, ModuleType] = {"text-classification": text_classification}
