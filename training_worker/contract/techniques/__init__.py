"""Techniques a team may add to its training, as data. The worker's code for each is
`training_worker/techniques/<name>.py`."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from .base import TechniqueConfig
from .fgm import Fgm
from .noise_injection import NoiseInjection

__all__ = ["TECHNIQUES", "Fgm", "NoiseInjection", "Technique", "TechniqueConfig"]

Technique = Annotated[NoiseInjection | Fgm, Field(discriminator="name")]

TECHNIQUES: dict[str, type[TechniqueConfig]] = {
    get_args(cls.model_fields["name"].annotation)[0]: cls for cls in (NoiseInjection, Fgm)
}
