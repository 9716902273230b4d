from __future__ import annotations

from typing import ClassVar, Literal

from .base import MethodConfig


class Head(MethodConfig):
    """Frozen backbone: its features are computed once, only the task's own head trains."""

    uses_frozen_features: ClassVar[bool] = True

    name: Literal["head"]
