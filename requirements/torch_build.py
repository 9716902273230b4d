"""Prints pip's options for the build of torch that fits this machine, and on standard error which one that is.

On Linux with an x86 processor the ordinary index has the CUDA build: gigabytes, of no use without an NVIDIA card. There
it is torch's own index of CPU builds, as long as that answers.
"""

from __future__ import annotations

import platform
import shutil
import sys
import urllib.request
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE_SECONDS = 5.0
DRIVER = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/nvidia-smi")


def has_nvidia_driver() -> bool:
    return shutil.which("nvidia-smi") is not None or any(Path(path).exists() for path in DRIVER)


def answers(index: str) -> bool:
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=PATIENCE_SECONDS) as page:  # noqa: S310  # it is https
            return bool(page.read(1))
    except (OSError, ValueError):
        return False


def choose() -> tuple[list[str], str]:
    """(pip's options, what is downloaded)."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        return [], "torch from pip's index: about 100 MB"
    if has_nvidia_driver():
        return [], "torch with CUDA from pip's index, for the NVIDIA card: about 3 GB"
    if answers(CPU_INDEX):
        return ["--index-url", CPU_INDEX], f"torch for CPUs from {CPU_INDEX}: about 200 MB"
    return [], f"torch from pip's index, as {CPU_INDEX} does not answer: about 3 GB if it is the CUDA build"


def main() -> None:
    options, what = choose()
    print(f"Downloading {what} ...", file=sys.stderr)
    print(*options)


if __name__ == "__main__":
    main()
