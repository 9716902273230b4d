"""The model card of a run: front matter for the Hugging Face Hub, what was trained on what, and how well."""

from __future__ import annotations

import json
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from ..contract.report import MetricRow, ValidationReport
from ..contract.tasks import TASKS
from ..contract.wire import MODEL_CARD, JobSpec
from ..run.messages import ChildResult
from .folder import Parts
from .usage import usage_lines


def write_card(folder: Path, parts: Parts, spec: JobSpec, result: ChildResult, report: ValidationReport) -> str:
    """Write it and return its name."""
    (folder / MODEL_CARD).write_text(model_card(parts, spec, result, report), "utf-8")
    return MODEL_CARD


def model_card(parts: Parts, spec: JobSpec, result: ChildResult, report: ValidationReport) -> str:
    model, config = spec.files.model, spec.config
    method = f"method `{config.method.name}`" if config else f"not trained: {result.base_method}"
    settings = f"\n```json\n{json.dumps(config.model_dump(mode='json'), indent=1)}\n```\n" if config else ""
    telemetry, dataset = result.telemetry, spec.dataset
    return f"""---
{front_matter(parts, spec, report)}
---
# {model.slug}, fine-tuned for {dataset.task}

{model.slug} ({model.source or model.slug}, revision {model.revision or "not stated"}), {method}.
{_answer(spec)}

## Use

```python
{usage_lines(parts)}```

## Training
{settings}
- Data version {dataset.version}: {dataset.train_examples} training, {dataset.validation_examples} validation examples.
- {result.steps} steps, seed {spec.seed}, {spec.precision.value}; ended by: {result.stopped_by.value}.
- {telemetry.parameters_trained:,} of {telemetry.parameters_total:,} parameters trained.
- {telemetry.compute_seconds:.1f} s on {telemetry.device}, peak memory {telemetry.peak_memory_mb:.0f} MB.

## Results on validation

The base score is of {result.base_method}.

| metric | base | this model |
| --- | --- | --- |
{_table(report.metrics)}
"""


def _answer(spec: JobSpec) -> str:
    if spec.dataset.labels:
        return f"Labels: {', '.join(spec.dataset.labels)}."
    return {
        "number": "The answer is a number.",
        "rating": "The answer is a rating.",
        "words": "The answer is a word.",
        "text": "The answer is a text.",
        "span": "The answer is a part of the context.",
        "choice": "The answer is one of the choices.",
    }.get(TASKS[spec.dataset.task].output, "")


def _table(rows: tuple[MetricRow, ...]) -> str:
    shown = (
        (row.name, "–" if row.base is None else f"{row.base:.4f}", f"{row.value:.4f} ± {row.se:.4f}") for row in rows
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in shown)


def front_matter(parts: Parts, spec: JobSpec, report: ValidationReport) -> str:
    """YAML, with the validation metrics as a `model-index`."""
    model, dataset = spec.files.model, spec.dataset
    tag, data_name = parts.form.pipeline_tag, f"validation split, version {dataset.version}"
    data = ModelCardData(
        base_model=parts.base,
        license=model.license.lower() or None,
        library_name="transformers" if parts.adapter is None else "peft",
        pipeline_tag=tag,
        tags=sorted({dataset.task, tag}),
        model_name=f"{model.slug}-{dataset.task}",
        eval_results=[
            EvalResult(
                task_type=tag,
                dataset_type="hackathon",
                dataset_name=data_name,
                metric_type=row.name,
                metric_value=round(row.value, 6),
            )
            for row in report.metrics
        ],
    )
    return str(data.to_yaml()).strip()
