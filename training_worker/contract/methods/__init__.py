"""Fine-tuning methods a team may name, as data. The worker's code for each is `training_worker/methods/<name>.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, get_args

from pydantic import Field

from ..families import Family
from ..tasks.spec import TaskSpec
from .base import MethodConfig, Weights
from .full import Full
from .head import Head
from .lora import Lora

__all__ = ["METHODS", "Full", "Head", "Lora", "Method", "MethodConfig", "Weights", "methods_for"]

Method = Annotated[Full | Head | Lora, Field(discriminator="name")]

METHODS: dict[str, type[MethodConfig]] = {
    get_args(cls.model_fields["name"].annotation)[0]: cls for cls in (Full, Head, Lora)
}


def methods_for(task: TaskSpec, allowed: Iterable[str], families: Iterable[Family] = ()) -> tuple[str, ...]:
    """Of the allowed names those of methods that have a meaning for the task, as models of one of these families do
    it; without any, as those of its first family do."""
    variants = [task.of(family) for family in families] or [task]
    return tuple(name for name in allowed if name in METHODS and any(map(METHODS[name].fits, variants)))
