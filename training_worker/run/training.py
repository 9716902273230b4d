"""The training loop, in reading order.

Own loop, not `transformers.Trainer`: importing it took 1.2 s in a child (preloading it would start a thread in the
warm template, which is then unsafe to fork), and our batches, budget, step-0 validation and messages would each be a
callback against its grain.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..contract import sentences
from ..contract.bounds import FASTEST
from ..contract.config import TrainingArguments
from ..contract.effects import MOST_VALIDATIONS
from ..contract.limits import Budget
from ..contract.wire import StoppedBy
from ..tasks.base import Task
from ..tasks.split import Batch, Split, inputs_of
from ..techniques.base import Technique
from .averaging import WeightAverage
from .batching import cost_grouped_batches
from .journal import Journal
from .optimization import build_optimizer, rate_factor, set_rate, trained_parameters
from .prediction import Compute
from .validation import Diverged, Validator

VALIDATION_SHARE = 0.25
"""Validations may cost this share of the training's own passes (backward counts twice a forward)."""
MOST_POINTS = 150
TRAINING_SHARE = 0.8
"""Share of the budget's seconds after which training stops, so that prediction and upload still fit."""
EXPLODED = 50.0
"""A mean training loss above this many times the loss of guessing is never a usable model's."""


@dataclass(frozen=True)
class Plan:
    """What is decided before the first step, by counts alone: equal inputs give an equal plan on every machine."""

    total_steps: int
    planned_steps: int
    validate_every: int
    report_every: int


@dataclass
class Trained:
    """How a training went. `units` are the cost of the examples it saw."""

    stopped_by: StoppedBy
    steps: int = 0
    best_step: int = 0
    units: int = 0
    seconds: float = 0.0


def make_plan(training: TrainingArguments, train: Split, validation: Split, budget: Budget) -> Plan:
    """Steps, and how often to validate: at most ten times, at most a quarter of the cost of training, at least
    twice."""
    per_epoch = math.ceil(len(train.ids) / training.examples_per_step)
    planned = per_epoch * training.num_train_epochs
    total = min(planned, budget.max_steps)
    training_cost = 3 * sum(train.costs) * total / per_epoch
    affordable = int(VALIDATION_SHARE * training_cost / max(1, sum(validation.costs)))
    validations = max(2, min(MOST_VALIDATIONS, affordable))
    return Plan(
        total_steps=total,
        planned_steps=planned,
        validate_every=max(1, math.ceil(total / validations)),
        report_every=max(1, math.ceil(total / MOST_POINTS)),
    )


@dataclass(frozen=True)
class Setup:
    """What a training is told beside its model and data. `deadline` is on the monotonic clock.

    Batch order comes from `seed` alone; dropout from torch's global generator, which the caller seeds.
    """

    task: Task
    training: TrainingArguments
    plan: Plan
    technique: Technique
    seed: int
    compute: Compute
    journal: Journal
    deadline: float


class Loop:
    """Trains `part` (the model, or its top on frozen features) in place."""

    def __init__(self, part: nn.Module, split: Split, validator: Validator, setup: Setup) -> None:
        self._part, self._split, self._validator, self._setup = part, split, validator, setup
        self._plan, self._training = setup.plan, setup.training
        self._costs, self._parameters = split.costs, trained_parameters(part)
        self._optimizer = build_optimizer(part, setup.training)
        self._average = WeightAverage(self._parameters, setup.training, setup.plan.total_steps)
        self._loss_options = setup.task.loss_options(setup.training, split)
        self._window, self._in_window = torch.zeros((), device=setup.compute.device), 0
        self._began, self._validating = 0.0, 0.0
        self._done = Trained(StoppedBy.EPOCHS)

    def run(self) -> Trained:
        """Train until epochs, patience, steps or seconds end. Raises `Diverged`."""
        done = self._done
        self._began = time.monotonic()
        done.stopped_by = self._train()
        done.seconds = time.monotonic() - self._began - self._validating
        self._average.keep()
        self._validator.restore_best()
        done.best_step = self._validator.best_step
        return done

    def _train(self) -> StoppedBy:
        """Every step, with its reports and validations; why it stopped."""
        plan = self._plan
        self._part.train()
        for step, indices in zip(range(1, plan.total_steps + 1), self._batches(), strict=False):
            rate = self._training.learning_rate * rate_factor(self._training, step - 1, plan.total_steps)
            self._step(indices, rate)
            is_last, late = step == plan.total_steps, time.monotonic() >= self._setup.deadline
            if step == 1 or is_last or late or step % plan.report_every == 0:
                self._report(step, rate)
            exhausted = (is_last or late or step % plan.validate_every == 0) and self._validate(step)
            if exhausted and not is_last:
                return StoppedBy.EARLY_STOPPING
            if late and not is_last:
                return StoppedBy.SECONDS
        return StoppedBy.EPOCHS if plan.total_steps == plan.planned_steps else StoppedBy.STEPS

    def _step(self, indices: Sequence[int], rate: float) -> None:
        """One optimiser step on these examples. Each batch of it counts by what its loss is the mean of (examples,
        tokens), so that their sum is the mean over the step: the update is that of one large batch."""
        set_rate(self._optimizer, rate)
        size = self._training.per_device_train_batch_size
        batches = [self._split.collate(indices[start : start + size]) for start in range(0, len(indices), size)]
        weights = list(map(self._setup.task.weight, batches))
        total = max(1, sum(weights))
        for batch, weight in zip(batches, weights, strict=True):
            share = weight / total if len(batches) > 1 else 1.0
            self._window = self._window + self._backward(self._setup.compute.move(batch), share)
        self._in_window += 1
        if self._training.max_grad_norm > 0:
            nn.utils.clip_grad_norm_(self._parameters, self._training.max_grad_norm, foreach=True)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._done.steps += 1
        self._average.update(self._done.steps)
        self._done.units += sum(self._costs[index] for index in indices)

    def _backward(self, batch: Batch, share: float) -> Tensor:
        """Adds the gradients of `share` times the batch's loss; returns that."""
        loss = self._setup.technique.step_loss(self._part, lambda: share * self._loss(batch))
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _loss(self, batch: Batch) -> Tensor:
        with self._setup.compute.autocast():
            outputs = self._part(**inputs_of(batch))
        return self._setup.task.loss(outputs, batch, self._loss_options)

    def _report(self, step: int, rate: float) -> None:
        """The mean loss since the last report, and the pace since the start with all that takes time. Raises `Diverged`
        where the loss is no usable model's."""
        mean, guessing = float(self._window) / self._in_window, self._setup.task.chance_loss()
        if not math.isfinite(mean):
            raise Diverged(sentences.LOSS_NOT_FINITE(step=step))
        if mean > EXPLODED * guessing:
            raise Diverged(sentences.LOSS_ROSE(loss=f"{mean:.3g}", step=step, guessing=f"{guessing:.2f}"))
        speed = min(step / max(time.monotonic() - self._began, 1e-9), FASTEST)
        self._setup.journal.points(step, train_loss=mean, learning_rate=rate, train_steps_per_second=speed)
        self._window, self._in_window = torch.zeros_like(self._window), 0

    def _validate(self, step: int) -> bool:
        """True when patience is exhausted."""
        paused = time.monotonic()
        with self._average.applied():
            exhausted = self._validator.validate(step)
        self._validating += time.monotonic() - paused
        return exhausted

    def _batches(self) -> Iterator[list[int]]:
        """The examples of each step, epoch after epoch, without end."""
        generator = torch.Generator().manual_seed(self._setup.seed)
        while True:
            yield from cost_grouped_batches(self._costs, self._training.examples_per_step, generator)
