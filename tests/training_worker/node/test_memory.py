"""What a node says is in use: the machine's memory, or the card's as its driver tells."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from training_worker.node.memory import memory_used_mb


def driver(folder: Path, script: str) -> dict[str, str]:
    """An environment whose `nvidia-smi` is that script."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": "3,1"}


def test_of_the_machine() -> None:
    used = memory_used_mb("cpu")
    assert used is not None
    assert 0 < used <= psutil.virtual_memory().total / 2**20


def test_of_the_card_that_jobs_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = driver(tmp_path, '[ "$1" = --id=3 ] && echo 21320')
    monkeypatch.setenv("PATH", environment["PATH"])
    assert memory_used_mb("Tesla T4", environment) == 21320


@pytest.mark.parametrize("script", ["exit 9", "echo '[N/A]'", "true"])
def test_a_driver_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    environment = driver(tmp_path, script)
    monkeypatch.setenv("PATH", environment["PATH"])
    assert memory_used_mb("Tesla T4", environment) is None
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert memory_used_mb("Tesla T4", {"PATH": "/nothing"}) is None
