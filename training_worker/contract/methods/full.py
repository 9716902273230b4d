from __future__ import annotations

from typing import Literal

from .base import MethodConfig


class Full(MethodConfig):
    """Every parameter trains."""

    name: Literal["full"]
