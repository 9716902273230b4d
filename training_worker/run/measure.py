"""A base model's speed and memory on this node, measured: what the site's estimates are made from."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import torch

from ..contract.bounds import FASTEST, SLOWEST, clipped
from ..contract.config import TrainingArguments
from ..contract.measured import MeasuredSpeed
from ..contract.tasks.spec import Unit
from ..tasks.base import Task, TaskModel
from ..tasks.split import Split, inputs_of
from .optimization import build_optimizer
from .prediction import Compute, predict

PeakMemory = Callable[[torch.device], float]
STEPS = 4
BATCHES: dict[Unit, tuple[int, int, int]] = {
    "tokens": (256, 512, 3072),
    "kilopixels": (64, 256, 768),
    "deciseconds": (50, 150, 600),
}
"""Costs of the three batches that are tried: the middle one for speed, the others to interpolate memory between."""


def measure(task: Task, model: TaskModel, sample: Split, compute: Compute, peak_memory_mb: PeakMemory) -> MeasuredSpeed:
    """Predicting `sample`, which has targets, then full fine-tuning steps (the dearest method) on copies of its example
    of middling cost, in a small and a large batch.

    A model that is too large for that on a card trains its vectors alone (as BitFit does: gradients and activations go
    through all of it), and what its other weights would take is added. Spoils the model's weights: call it last.
    """
    started = time.monotonic()
    predict(model, sample, task, compute)
    frozen = sum(sample.costs) / (time.monotonic() - started)
    frozen_mb = peak_memory_mb(compute.device)
    model.train()
    found = None
    with suppress(torch.OutOfMemoryError):
        model.requires_grad_(True)
        found = _measure_training(_Trial(task, model, sample, compute), compute, peak_memory_mb)
    # not in an except clause, whose error holds the tensors of the step that failed
    rate, fixed, slope = found or measure_vectors(task, model, sample, compute, peak_memory_mb)
    return MeasuredSpeed(
        train_units_per_second=round(clipped(rate, SLOWEST, FASTEST), 1),
        frozen_units_per_second=round(clipped(frozen, SLOWEST, FASTEST), 1),
        megabytes_fixed=round(fixed, 1),
        megabytes_per_thousand_units=round(slope, 1),
        frozen_megabytes=frozen_mb,
    )


def measure_vectors(
    task: Task, model: TaskModel, sample: Split, compute: Compute, peak_memory_mb: PeakMemory
) -> tuple[float, float, float]:
    """As `_measure_training`; gradient and two moments of weights with more than one dimension are reckoned."""
    model.zero_grad(set_to_none=True)
    if compute.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    for parameter in matrices:
        parameter.requires_grad_(False)
    rate, fixed, slope = _measure_training(_Trial(task, model, sample, compute), compute, peak_memory_mb)
    return rate, fixed + 12 * sum(parameter.numel() for parameter in matrices) / 2**20, slope


def _measure_training(trial: _Trial, compute: Compute, peak_memory_mb: PeakMemory) -> tuple[float, float, float]:
    """Units a second, megabytes, and megabytes for a thousand units more."""
    smallest, middle, largest = BATCHES[compute.unit]
    small = trial.step(smallest)[0]
    small_mb = peak_memory_mb(compute.device)
    large = trial.step(largest)[0]
    slope = 1000 * max(0.0, peak_memory_mb(compute.device) - small_mb) / max(1, large - small)
    steps = [trial.step(middle) for _ in range(STEPS)]
    trained = sum(cost for cost, _ in steps) / sum(seconds for _, seconds in steps)
    return trained, max(0.0, small_mb - slope * small / 1000), slope


class _Trial:
    """Training steps on copies of one example."""

    def __init__(self, task: Task, model: TaskModel, sample: Split, compute: Compute) -> None:
        self._task, self._model, self._sample, self._compute = task, model, sample, compute
        costs = sample.costs
        self._index = sorted(range(len(costs)), key=lambda index: (costs[index], index))[len(costs) // 2]
        self._cost = costs[self._index]
        self._optimizer = build_optimizer(model, TrainingArguments(learning_rate=1e-6))

    def step(self, cost: int) -> tuple[int, float]:
        """One step on a batch of about that cost: its cost, and the seconds it took."""
        started = time.monotonic()
        copies = max(1, round(cost / self._cost))
        batch = self._compute.move(self._sample.collate([self._index] * copies))
        with self._compute.autocast():
            outputs = self._model(**inputs_of(batch))
        self._task.loss(outputs, batch).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        if self._compute.device.type == "cuda":
            torch.cuda.synchronize()
        return copies * self._cost, time.monotonic() - started
