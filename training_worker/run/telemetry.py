"""What a run measures of itself: seconds, memory, the device, the versions that decide its numbers."""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from types import MappingProxyType

import torch

from ..contract.bounds import word
from ..contract.sentences import CPU_THREADS, ONE_CPU_THREAD
from ..contract.wire import RECIPE, Stage


class Clock:
    """Seconds by stage since the work began."""

    def __init__(self) -> None:
        self.started = self._last = time.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, stage: Stage) -> None:
        now = time.monotonic()
        self.seconds[stage.value] = round(now - self._last, 3)
        self._last = now

    def total(self) -> float:
        return round(time.monotonic() - self.started, 3)


def peak_memory_mb(device: torch.device) -> float:
    """Peak memory of this process on the device, in MB (2**20 bytes): what torch reserved on the card, which is what
    its cap counts; without one the resident memory."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_reserved() / 2**20, 1)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


def device_name(device: torch.device, threads: int) -> str:
    if device.type == "cuda":
        return word(torch.cuda.get_device_name(0))
    return ONE_CPU_THREAD() if threads == 1 else CPU_THREADS(count=threads)


@cache
def versions() -> Mapping[str, str]:
    """Of what decides the numbers; found once, by the warm template for all its children."""
    libraries = {name: version(name) for name in ("transformers", "peft", "tokenizers", "safetensors")}
    own = {"recipe": RECIPE, "python": platform.python_version(), "torch": torch.__version__}
    return MappingProxyType(own | libraries)
