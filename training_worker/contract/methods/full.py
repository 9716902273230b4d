from __future__ import annotations

from typing import Literal

from ..facts import ModelSize
from .base import MethodConfig


class Full(MethodConfig):
    """Every parameter trains."""

    name: Literal["full"]

    def trained_parameters(self, size: ModelSize) -> int:
        return size.parameters

    def step_share(self, size: ModelSize | None) -> float:
        return 1.0
