"""Sounds of two kinds for tiny speech models: low tones and high ones, of several lengths, sample rates and formats."""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import soundfile

from tests.training_worker.tasks.whole_runs import run_whole
from training_worker.contract.tasks import TASKS

LABELS = ("high", "low")
SIZES = {"train": 32, "validation": 16, "test": 12}


def tone(label: str, rng: random.Random, *, rate: int, ending: str, channels: int = 1) -> bytes:
    pitch, seconds = rng.uniform(150, 250) if label == "low" else rng.uniform(900, 1500), rng.uniform(0.3, 1.2)
    times = np.arange(round(seconds * rate)) / rate
    wave = np.repeat(0.3 * np.sin(2 * np.pi * pitch * times)[:, None], channels, axis=1)
    body = io.BytesIO()
    soundfile.write(body, wave, rate, format=ending.upper())
    return body.getvalue()


def make_tones(folder: Path, target: str, said: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Rows with the label as their `target`, or what is `said` of it, and the sounds in archives and beside them."""
    rng = random.Random(0)
    for split, count in SIZES.items():
        rows = []
        with tarfile.open(folder / f"{split}.tar", "w") as archive:
            for n in range(count):
                ending, label = ("wav", "flac", "ogg", "mp3")[n % 4], LABELS[n // 4 % 2]
                name = f"{split}-{n}.{ending}"
                body = tone(label, rng, rate=(16_000, 8_000, 44_100)[n % 3], ending=ending, channels=1 + n % 2)
                entry = tarfile.TarInfo(name)
                entry.size = len(body)
                archive.addfile(entry, io.BytesIO(body))
                (folder / name).write_bytes(body)
                rows.append(
                    {"id": f"{split}-{n}", "audio": name}
                    | ({target: said.get(label, label)} if split != "test" else {})
                )
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def run_sounds(
    task: str,
    model: Path,
    data: Path,
    output: Path,
    method: dict[str, Any] | None,
    *,
    family: str | None = None,
    **training: Any,
) -> tuple[Any, list[Any]]:
    labels = LABELS if TASKS[task].has_labels else ()
    settings = {"learning_rate": 1e-3, "num_train_epochs": 4} | training
    return run_whole(task, labels, model, data, output, method, family=family, **settings)
