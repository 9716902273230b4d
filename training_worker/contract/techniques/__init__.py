"""Techniques a team may add to its training, as data. The worker's code for each is
`training_worker/techniques/<name>.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, get_args

from pydantic import Field

from ..tasks.spec import TaskSpec
from .base import TechniqueConfig
from .fgm import Fgm
from .freelb import Freelb
from .noise_injection import NoiseInjection
from .pgd import Pgd
from .random_deletion import RandomDeletion
from .random_swap import RandomSwap

__all__ = [
    "TECHNIQUES",
    "Fgm",
    "Freelb",
    "NoiseInjection",
    "Pgd",
    "RandomDeletion",
    "RandomSwap",
    "Technique",
    "TechniqueConfig",
    "techniques_for",
]

Technique = Annotated[NoiseInjection | RandomDeletion | RandomSwap | Fgm | Pgd | Freelb, Field(discriminator="name")]

TECHNIQUES: dict[str, type[TechniqueConfig]] = {
    get_args(cls.model_fields["name"].annotation)[0]: cls for cls in get_args(get_args(Technique)[0])
}


def techniques_for(task: TaskSpec, allowed: Iterable[str]) -> tuple[str, ...]:
    """Of the allowed names those of techniques that fit the task, in the order in which they apply."""
    fitting = (name for name in allowed if name in TECHNIQUES and TECHNIQUES[name].fits(task))
    return tuple(sorted(fitting, key=lambda name: (TECHNIQUES[name].stage, name)))
