"""A bundle of sounds, whose label is a low or a high tone."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from hackathon.bundles.yaml import dump

LABELS = ("high", "low")
TONES = {"high": 880.0, "low": 220.0}
COUNTS = {"train": 6, "validation": 4, "test": 10}
CHALLENGE = {
    "slug": "sounds",
    "title": "High or low?",
    "task": "audio-classification",
    "primary_metric": "accuracy",
    "limits": {"base_models": ["tiny-speech"], "methods": ["head", "full"]},
    "phases": [{"name": "Main"}],
    "license": "CC0-1.0",
    "source": "Made for tests.",
}


def sound(
    ending: str = "wav",
    *,
    seconds: float = 0.4,
    rate: int = 16_000,
    channels: int = 1,
    tone: float = 440.0,
    **options: Any,
) -> bytes:
    """A tone in the format of a file name's ending."""
    times = np.arange(round(seconds * rate)) / rate
    wave = np.repeat(0.3 * np.sin(2 * np.pi * tone * times)[:, None], channels, axis=1)
    body = io.BytesIO()
    soundfile.write(body, wave, rate, format=ending.upper(), **options)
    return body.getvalue()


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A bundle without a problem: sounds of 0.4, 0.6, … s in every format."""
    folder = tmp_path / "sounds"
    (folder / "files").mkdir(parents=True)
    (folder / "challenge.yaml").write_text(dump(CHALLENGE))
    number = 0
    for split, count in COUNTS.items():
        rows = []
        for n in range(count):
            ending = ("wav", "flac", "ogg", "mp3")[n % 4]
            label, name = LABELS[n % 2], f"{split}-{n}.{ending}"
            body = sound(ending, seconds=0.4 + 0.2 * n, tone=TONES[label] + number)
            (folder / "files" / name).write_bytes(body)
            rows.append({"id": f"{split}-{n}", "audio": name, "label": label})
            number += 1
        _write(folder / f"{split}.jsonl", rows, hidden="label" if split == "test" else "")
        if split == "test":
            _write(folder / "test_labels.jsonl", rows, hidden="audio")
    return folder


def _write(path: Path, rows: list[dict[str, Any]], *, hidden: str) -> None:
    lines = ({name: value for name, value in row.items() if name != hidden} for row in rows)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
