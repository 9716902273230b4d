"""A toy sentiment data set in the words of the tiny model (`tests/tiny_model.py`), and configs and specs for it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from training_worker.contract.wire import RECIPE

GOOD = ("good", "fine", "great", "superb", "lovely")
BAD = ("bad", "poor", "awful", "dull", "broken")
FILLER = ("the", "film", "is", "a", "plot", "and", "with", "story", "very", "it")
LABELS = ("negative", "positive")


def make_rows(count: int, seed: int) -> list[dict[str, str]]:
    """Texts with one telling word among fillers; ids are unique per seed."""
    rng = random.Random(seed)
    rows = []
    for index in range(count):
        label = LABELS[index % 2]
        words = [*rng.choices(FILLER, k=rng.randint(2, 12)), rng.choice(GOOD if label == "positive" else BAD)]
        rng.shuffle(words)
        rows.append({"id": f"{seed}-{index}", "text": " ".join(words), "label": label})
    rng.shuffle(rows)
    return rows


def make_data(folder: Path, *, train: int = 96, validation: int = 32, test: int = 40) -> Path:
    """Write `train.jsonl`, `validation.jsonl` and, without labels, `test.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        ("train", make_rows(train, 1)),
        ("validation", make_rows(validation, 2)),
        ("test", [{"id": row["id"], "text": row["text"]} for row in make_rows(test, 3)]),
    ):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def make_config(method: dict[str, Any] | str = "full", **training: Any) -> dict[str, Any]:
    """A submission's config; short texts, a high rate: it learns in a few steps."""
    chosen = {"name": method} if isinstance(method, str) else method
    settings = {"learning_rate": 5e-3, "per_device_train_batch_size": 16, "num_train_epochs": 3, "max_length": 24}
    return {"base_model": "tiny", "method": chosen, "training": settings | training}


def make_spec(config: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
    """A JobSpec as a dict, without files."""
    budget = {"max_steps": 100_000, "max_seconds": 60.0, "max_memory_mb": 8000} | fields.pop("budget", {})
    spec: dict[str, Any] = {
        "job_id": "job-1",
        "kind": "run" if config else "base_score",
        "attempt": 1,
        "config": config,
        "dataset": {
            "task": "text-classification",
            "version": "v1",
            "labels": list(LABELS),
            "train_examples": 96,
            "validation_examples": 32,
            "test_examples": 40,
        },
        "files": {
            "data": [],
            "model": {"slug": "tiny", "sha256": "0" * 64, "files": [], "pooling": "mean"},
            "outputs": [],
        },
        "budget": budget,
        "precision": "fp32",
        "recipe": RECIPE,
        "seed": 1,
        "base_seed": 7,
        "primary_metric": "accuracy",
    }
    return spec | fields
