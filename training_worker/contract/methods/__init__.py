"""Fine-tuning methods a team may name, as data. The worker's code for each is `training_worker/methods/<name>.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, get_args

from pydantic import Field

from ..families import Family
from ..tasks.spec import TaskSpec
from .adapter import Adapter
from .base import MethodConfig, Weights
from .bitfit import Bitfit
from .full import Full
from .head import Head
from .ia3 import Ia3
from .lora import Lora
from .prefix_tuning import PrefixTuning
from .prompt_tuning import PromptTuning
from .top_layers import TopLayers

__all__ = [
    "METHODS",
    "Adapter",
    "Bitfit",
    "Full",
    "Head",
    "Ia3",
    "Lora",
    "Method",
    "MethodConfig",
    "PrefixTuning",
    "PromptTuning",
    "TopLayers",
    "Weights",
    "methods_for",
]

Method = Annotated[
    Full | Head | TopLayers | Lora | Adapter | Bitfit | Ia3 | PromptTuning | PrefixTuning, Field(discriminator="name")
]

METHODS: dict[str, type[MethodConfig]] = {
    get_args(cls.model_fields["name"].annotation)[0]: cls for cls in get_args(get_args(Method)[0])
}


def methods_for(task: TaskSpec, allowed: Iterable[str], families: Iterable[Family] = ()) -> tuple[str, ...]:
    """Of the allowed names those of methods that have a meaning for the task, as models of one of these families do
    it; without any, as those of its first family do."""
    variants = [task.of(family) for family in families] or [task]
    return tuple(name for name in allowed if name in METHODS and any(map(METHODS[name].fits, variants)))
