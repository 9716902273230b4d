"""A whole run on data with files (images, sounds), in this process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.training_worker.tiny import make_spec
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import JobSpec


def run_whole(
    task: str,
    labels: Sequence[str],
    model: Path,
    data: Path,
    output: Path,
    method: dict[str, Any] | None,
    *,
    family: str | None = None,
    **training: Any,
) -> tuple[Any, list[Any]]:
    """Its result and messages; without a method the untrained model is scored. `data` is a folder of `.jsonl` and
    `.tar` files, `output` is made."""
    import torch

    from training_worker.run.journal import Journal
    from training_worker.run.messages import ChildJob
    from training_worker.run.run import run

    torch.set_num_threads(1)
    (output / "features").mkdir(parents=True)
    settings = {"per_device_train_batch_size": 8} | training
    config = {"base_model": "tiny", "method": method, "training": settings} if method else None
    dataset = make_spec(None)["dataset"] | {"task": task, "labels": list(labels)}
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
