"""The files of a finished run: predictions, report, run.json, and the folder of the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.report import KeptExample, ValidationReport
from ..contract.wire import (
    EXAMPLES,
    OUTPUTS,
    PREDICTIONS,
    REPORT,
    RUN_INFO,
    VALIDATION_PREDICTIONS,
    CurvePoint,
    JobSpec,
)
from ..export.card import write_card
from ..export.folder import choose_parts, write_folder
from ..tasks.base import Task, TaskModel
from .messages import ChildResult


@dataclass(frozen=True)
class Files:
    """What a run has to say beside its weights and its result."""

    predictions: Sequence[str]
    validation_predictions: Sequence[str]
    report: ValidationReport
    examples: Iterable[KeptExample]
    curve: Sequence[CurvePoint]
    max_length: int


def write(
    folder: Path, files: Files, task: Task, model: TaskModel, spec: JobSpec, result: ChildResult
) -> tuple[str, ...]:
    """Write every output file; returns their names."""
    parts = choose_parts(task, model, spec, files.max_length)
    names = write_folder(folder, task, model, parts)
    card = write_card(folder, parts, spec, result, files.report)
    texts = {
        PREDICTIONS: _joined(files.predictions),
        VALIDATION_PREDICTIONS: _joined(files.validation_predictions),
        REPORT: files.report.model_dump_json(),
        EXAMPLES: _joined(first_lines(files.examples, OUTPUTS[EXAMPLES])),
        RUN_INFO: json.dumps(run_info(spec, result, files.curve), indent=1, sort_keys=True) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return (*texts, *names, card)


def first_lines(examples: Iterable[KeptExample], most: int) -> Iterator[str]:
    """As many lines as stay within `most` bytes."""
    for example in examples:
        line = example.model_dump_json()
        most -= len(line.encode()) + 1
        if most < 0:
            return
        yield line


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


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
