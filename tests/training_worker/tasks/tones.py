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

from tests.training_worker.tiny import make_spec
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import JobSpec

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
    import torch

    from training_worker.run.journal import Journal
    from training_worker.run.messages import ChildJob
    from training_worker.run.run import run

    torch.set_num_threads(1)
    (output / "features").mkdir(parents=True)
    settings = {"learning_rate": 1e-3, "per_device_train_batch_size": 8, "num_train_epochs": 4} | training
    config = {"base_model": "tiny", "method": method, "training": settings} if method else None
    labels = list(LABELS) if TASKS[task].has_labels else []
    dataset = make_spec(None)["dataset"] | {"task": task, "labels": labels}
    spec = make_spec(config, dataset=dataset, primary_metric=TASKS[task].metrics[0])
    spec["files"]["model"] |= {"pooling": None, "family": family}
    job = ChildJob(
        spec=JobSpec.model_validate_json(json.dumps(spec)),
        data={path.name: str(path) for path in data.iterdir() if path.suffix in {".jsonl", ".tar"}},
        model=str(model),
        features=str(output / "features"),
        output=str(output),
        threads=1,
    )
    messages: list[Any] = []
    return run(job, Journal(messages.append)), messages
