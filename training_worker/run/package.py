"""The files of a finished run: predictions, weights as safetensors, model card, run.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from ..contract.models import WEIGHT_FILE
from ..contract.report import ValidationReport
from ..contract.wire import (
    MODEL_CARD,
    PREDICTIONS,
    REPORT,
    RUN_INFO,
    VALIDATION_PREDICTIONS,
    CurvePoint,
    JobSpec,
)
from ..tasks.base import TaskModel
from .messages import ChildResult
from .validation import trained_state


@dataclass(frozen=True)
class Files:
    """What a run has to say beside its weights and its result."""

    predictions: Sequence[str]
    validation_predictions: Sequence[str]
    report: ValidationReport
    curve: Sequence[CurvePoint]


def write(folder: Path, files: Files, model: TaskModel, spec: JobSpec, result: ChildResult) -> tuple[str, ...]:
    """Write every output file; returns their names."""
    save_file(trained_tensors(model), folder / WEIGHT_FILE, metadata={"format": "pt"})
    texts = {
        PREDICTIONS: _joined(files.predictions),
        VALIDATION_PREDICTIONS: _joined(files.validation_predictions),
        REPORT: files.report.model_dump_json(),
        MODEL_CARD: model_card(spec, result),
        RUN_INFO: json.dumps(run_info(spec, result, files.curve), indent=1, sort_keys=True) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return (*texts, WEIGHT_FILE)


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def trained_tensors(model: TaskModel) -> dict[str, Tensor]:
    """What differs from the base model: what trains (all for `full`) with all buffers, and always the top."""
    top = {f"top.{name}": value for name, value in model.top.state_dict().items()}
    return {name: value.detach().cpu().contiguous() for name, value in (trained_state(model) | top).items()}


def run_info(spec: JobSpec, result: ChildResult, curve: Sequence[CurvePoint]) -> dict[str, Any]:
    """Everything needed to understand and repeat the run, without any data."""
    return {
        "job_id": spec.job_id,
        "kind": spec.kind.value,
        "config": spec.config.model_dump(mode="json") if spec.config else None,
        "base_model": {
            "slug": spec.files.model.slug,
            "sha256": spec.files.model.sha256,
            "pooling": spec.files.model.pooling,
        },
        "dataset": spec.dataset.model_dump(mode="json"),
        "precision": spec.precision.value,
        "budget": spec.budget.model_dump(mode="json"),
        "recipe": spec.recipe,
        "seed": spec.seed,
        "result": result.model_dump(mode="json", exclude={"type", "outputs"}),
        "curve": [point.model_dump(mode="json") for point in curve],
    }


def model_card(spec: JobSpec, result: ChildResult) -> str:
    """A Hugging Face model card: front matter, then what was trained on what, how, and how well on validation."""
    slug, config = spec.files.model.slug, spec.config
    metrics = "\n".join(f"| {name} | {value:.4f} |" for name, value in result.validation.items())
    how = f"Not trained: {result.base_method}." if config is None else f"Method `{config.method.name}`."
    settings = "" if config is None else f"```json\n{json.dumps(config.model_dump(mode='json'), indent=1)}\n```\n"
    telemetry, dataset = result.telemetry, spec.dataset
    labels = f" Labels: {', '.join(dataset.labels)}." if dataset.labels else ""
    return f"""---
base_model: {slug}
pipeline_tag: {dataset.task}
library_name: transformers
---
# {slug}, fine-tuned for {dataset.task}

{how}{labels}
{settings}
- Training: {dataset.train_examples} examples, {result.steps} steps, seed {spec.seed}, {spec.precision.value}.
- Stopped by: {result.stopped_by.value}.
- Base score's method: {result.base_method}.
- Compute: {telemetry.compute_seconds:.1f} s on {telemetry.device}, peak {telemetry.peak_memory_mb:.0f} MB.

| validation metric | value |
|---|---|
{metrics}
"""
