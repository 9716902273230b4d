"""A Whisper model that hears a shorter window than 30 s, at a share of the cost: its first positions, its own mel
spectra."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from ..contract.families import PROCESSOR_FILE
from ..contract.tasks.spec import MOST_SECONDS
from ..contract.wire import WEIGHT_FILE
from .errors import ConversionError

POSITIONS = "encoder.embed_positions.weight"


def set_window(draft: Path, seconds: int) -> None:
    """Have the converted model in `draft` hear so many seconds. Raises `ConversionError` where it cannot."""
    config, extractor = _read(draft / "config.json"), _read(draft / PROCESSOR_FILE["speech"])
    if config.get("model_type") != "whisper":
        raise ConversionError("Only a Whisper model has a window of sound.")
    before = int(extractor["chunk_length"])
    if not 1 <= seconds <= min(before, MOST_SECONDS):
        raise ConversionError(f"The window is from 1 to {min(before, MOST_SECONDS)} s.")
    positions = int(config["max_source_positions"]) * seconds // before
    _write(draft / "config.json", config | {"max_source_positions": positions})
    computed = ("n_samples", "nb_max_frames")
    kept = {name: value for name, value in extractor.items() if name not in computed}
    _write(draft / PROCESSOR_FILE["speech"], kept | {"chunk_length": seconds})
    tensors = load_file(draft / WEIGHT_FILE)
    for name in [name for name in tensors if name.endswith(POSITIONS)]:
        tensors[name] = tensors[name][:positions].contiguous()
    save_file(dict(sorted(tensors.items())), draft / WEIGHT_FILE, metadata={"format": "pt"})


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
