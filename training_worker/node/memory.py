"""What is in use on this node right now: the figures that go with every claim and every progress post."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

import psutil

from .settings import MEGABYTE

PATIENCE_SECONDS = 2.0


def memory_used_mb(device: str, environment: Mapping[str, str] = os.environ) -> int | None:
    """Memory in use of the device that jobs run on, by whomever: the machine's own for "cpu", else the card's.

    None where the driver does not tell.
    """
    if device == "cpu":
        memory = psutil.virtual_memory()
        return int(memory.total - memory.available) // MEGABYTE
    card = environment.get("CUDA_VISIBLE_DEVICES", "").partition(",")[0] or "0"
    command = ["nvidia-smi", f"--id={card}", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
        )
        return int(answer.stdout.split()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
