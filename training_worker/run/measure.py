"""A base model's speed and memory on this node, measured: what the site's estimates are made from."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from ..contract.bounds import FASTEST, SLOWEST, clipped
from ..contract.config import TrainingArguments
from ..contract.limits import MeasuredSpeed
from ..contract.tasks.spec import Unit
from ..tasks.base import Task, TaskModel
from ..tasks.split import Split, inputs_of
from .optimization import build_optimizer
from .prediction import Compute, predict

STEPS = 4
BATCHES: dict[Unit, tuple[int, int, int]] = {
    "tokens": (256, 512, 3072),
    "kilopixels": (64, 256, 768),
    "deciseconds": (50, 150, 600),
}
"""Costs of the three batches that are tried: the middle one for speed, the others to interpolate memory between."""


def measure(
    task: Task, model: TaskModel, sample: Split, compute: Compute, peak_memory_mb: Callable[[torch.device], float]
) -> MeasuredSpeed:
    """Predicting `sample`, which has targets, then full fine-tuning steps (the dearest method) on copies of its example
    of middling cost, in a small and a large batch.

    Spoils the model's weights: call it last.
    """
    started = time.monotonic()
    predict(model, sample, task, compute)
    frozen = sum(sample.costs) / (time.monotonic() - started)
    frozen_mb = peak_memory_mb(compute.device)
    model.requires_grad_(True)
    model.train()
    trial = _Trial(task, model, sample, compute)
    smallest, middle, largest = BATCHES[compute.unit]
    small = trial.step(smallest)[0]
    small_mb = peak_memory_mb(compute.device)
    large = trial.step(largest)[0]
    slope = 1000 * max(0.0, peak_memory_mb(compute.device) - small_mb) / max(1, large - small)
    steps = [trial.step(middle) for _ in range(STEPS)]
    trained = sum(cost for cost, _ in steps) / sum(seconds for _, seconds in steps)
    return MeasuredSpeed(
        train_units_per_second=round(clipped(trained, SLOWEST, FASTEST), 1),
        frozen_units_per_second=round(clipped(frozen, SLOWEST, FASTEST), 1),
        megabytes_fixed=round(max(0.0, small_mb - slope * small / 1000), 1),
        megabytes_per_thousand_units=round(slope, 1),
        frozen_megabytes=frozen_mb,
    )


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
        self._task.loss(outputs, batch, 0.0).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        if self._compute.device.type == "cuda":
            torch.cuda.synchronize()
        return copies * self._cost, time.monotonic() - started
