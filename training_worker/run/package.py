"""The files of a finished run: predictions, weights as safetensors, model card, run.json."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..contract.wire import (
    MODEL_CARD,
    PREDICTIONS,
    RECIPE,
    RUN_INFO,
    VALIDATION_PREDICTIONS,
    CurvePoint,
    JobSpec,
)
from ..tasks.text_classification import Classifier
from .messages import ChildResult
from .splits import Data, Predictions


def write(
    folder: Path,
    spec: JobSpec,
    task: ModuleType,
    model: Classifier,
    data: Data,
    predictions: Predictions,
    result: ChildResult,
    curve: list[CurvePoint],
) -> tuple[str, ...]:
    """Write every output file; returns their names."""
    write_lines(folder / PREDICTIONS, task.prediction_lines(data.test.ids, predictions.test))
    write_lines(folder / VALIDATION_PREDICTIONS, task.prediction_lines(data.validation.ids, predictions.validation))
    save_file(trained_tensors(model), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / MODEL_CARD).write_text(model_card(spec, result), "utf-8")
    (folder / RUN_INFO).write_text(json.dumps(run_info(spec, result, curve), indent=1, sort_keys=True) + "\n", "utf-8")
    return (PREDICTIONS, VALIDATION_PREDICTIONS, "model.safetensors", MODEL_CARD, RUN_INFO)


def write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def trained_tensors(model: Classifier) -> dict[str, Tensor]:
    """What differs from the base model: the parameters that train (all for `full`), always with the head."""
    return {
        name: value.detach().cpu().contiguous()
        for name, value in model.named_parameters()
        if value.requires_grad or name.startswith("head.")
    }


def versions() -> dict[str, str]:
    """Versions that decide a run's numbers."""
    libraries = {name: version(name) for name in ("transformers", "peft", "tokenizers", "safetensors")}
    return {"recipe": RECIPE, "python": platform.python_version(), "torch": torch.__version__, **libraries}


def run_info(spec: JobSpec, result: ChildResult, curve: list[CurvePoint]) -> dict[str, Any]:
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
    how = "Not trained: class prototypes on frozen features." if config is None else f"Method `{config.method.name}`."
    settings = "" if config is None else f"```json\n{json.dumps(config.model_dump(mode='json'), indent=1)}\n```\n"
    telemetry, dataset = result.telemetry, spec.dataset
    return f"""---
base_model: {slug}
pipeline_tag: {dataset.task}
library_name: transformers
---
# {slug}, fine-tuned for {dataset.task}

{how} Labels: {", ".join(dataset.labels)}.
{settings}
- Training: {dataset.train_examples} examples, {result.steps} steps, seed {spec.seed}, {spec.precision.value}.
- Stopped by: {result.stopped_by.value}.
- Base score's method: {result.base_method}.
- Pooling: {spec.files.model.pooling}; head: one linear layer on the pooled features.
- Compute: {telemetry.compute_seconds:.1f} s on {telemetry.device}, peak {telemetry.peak_memory_mb:.0f} MB.

| validation metric | value |
|---|---|
{metrics}
"""
