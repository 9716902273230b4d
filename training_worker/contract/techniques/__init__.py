"""Techniques a team may add to its training, as data. The worker's code for each is
`training_worker/techniques/<name>.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, get_args

from pydantic import Field

from ..tasks.spec import TaskSpec
from .base import TechniqueConfig
from .fgm import Fgm
from .noise_injection import NoiseInjection

__all__ = ["TECHNIQUES", "Fgm", "NoiseInjection", "Technique", "TechniqueConfig", "techniques_for"]

Technique = Annotated[NoiseInjection | Fgm, Field(discriminator="name")]

TECHNIQUES: dict[str, type[TechniqueConfig]] = {
    get_args(cls.model_fields["name"].annotation)[0]: cls for cls in (NoiseInjection, Fgm)
}


def techniques_for(task: TaskSpec, allowed: Iterable[str]) -> tuple[str, ...]:
    """Of the allowed names those of techniques that fit the task, in the order in which they apply."""
    fitting = (name for name in allowed if name in TECHNIQUES and TECHNIQUES[name].fits(task))
    return tuple(sorted(fitting, key=lambda name: (TECHNIQUES[name].stage, name)))
