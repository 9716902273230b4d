"""The training loop, flat and in reading order.

Own loop, not `transformers.Trainer`: importing it took 1.2 s in a child (preloading it would start a thread in the
warm template, which is then unsafe to fork), and our batches, budget, step-0 validation and messages would each be a
callback against its grain.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

import torch
from torch import Tensor, nn

from ..contract import sentences
from ..contract.config import TrainingArguments
from ..contract.limits import Budget
from ..contract.wire import Precision, StoppedBy
from ..tasks.text_classification import Split
from .batching import length_grouped_batches
from .journal import Journal
from .optimization import build_optimizer, rate_factor, set_rate, trained_parameters
from .prediction import autocast, predict_logits, to_device

MOST_VALIDATIONS = 10
VALIDATION_SHARE = 0.25
"""Validations may cost this share of the training's own passes (backward counts twice a forward)."""
MOST_POINTS = 150
TRAINING_SHARE = 0.8
"""Share of the budget's seconds after which training stops, so that prediction and upload still fit."""
EXPLODED = 50.0
"""A mean training loss above this many times ln(number of labels), the loss of guessing, is never a usable model."""


class Diverged(Exception):
    """The loss is no longer finite, or has exploded."""


@dataclass(frozen=True)
class Plan:
    """What is decided before the first step, by counts alone: equal inputs give an equal plan on every machine."""

    total_steps: int
    planned_steps: int
    validate_every: int
    report_every: int


@dataclass
class Trained:
    """How a training went. `metrics` are those of the weights that were kept."""

    stopped_by: StoppedBy
    steps: int = 0
    best_step: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    tokens: int = 0
    seconds: float = 0.0


def make_plan(training: TrainingArguments, train: Split, validation: Split, budget: Budget) -> Plan:
    """Steps, and how often to validate: at most ten times, at most a quarter of the cost of training, at least
    twice."""
    per_epoch = math.ceil(len(train.ids) / training.per_device_train_batch_size)
    planned = per_epoch * training.num_train_epochs
    total = min(planned, budget.max_steps)
    training_cost = 3 * sum(train.lengths) * total / per_epoch
    affordable = int(VALIDATION_SHARE * training_cost / max(1, sum(validation.lengths)))
    validations = max(2, min(MOST_VALIDATIONS, affordable))
    return Plan(
        total_steps=total,
        planned_steps=planned,
        validate_every=max(1, math.ceil(total / validations)),
        report_every=max(1, math.ceil(total / MOST_POINTS)),
    )


class Validator:
    """Validates, writes the curve, remembers the best weights when early stopping is on."""

    def __init__(
        self,
        model: nn.Module,
        split: Split,
        task: ModuleType,
        metric: str,
        training: TrainingArguments,
        journal: Journal,
        precision: Precision,
        device: torch.device,
    ) -> None:
        self._model, self._split, self._task, self._metric = model, split, task, metric
        self._smoothing, self._patience = training.label_smoothing_factor, training.early_stopping_patience
        self._journal, self._precision, self._device = journal, precision, device
        self._best: tuple[float, float] | None = None
        self._weights: dict[str, Tensor] = {}
        self._without_gain = 0
        self.best_step = 0
        self.metrics: dict[str, float] = {}

    def validate(self, step: int) -> bool:
        """One validation. True when patience is exhausted. Raises `Diverged` when the loss is not finite."""
        logits = predict_logits(self._model, self._split, self._precision, self._device)
        return self.judge(step, logits, f"Step {step}")

    def judge(self, step: int, logits: Tensor, text: str) -> bool:
        """`validate` for logits (N, C) that are already there: those of the base before training."""
        assert self._split.labels is not None
        loss = float(self._task.loss(logits, self._split.labels, 0.0))
        if not math.isfinite(loss):
            raise Diverged(sentences.VALIDATION_NOT_FINITE(step=step))
        metrics = self._task.metrics(logits, self._split.labels)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        points = {f"validation_{name}": value for name, value in metrics.items()}
        self._journal.points(step, text=f"{text}: validation {shown}, loss {loss:.3f}.", validation_loss=loss, **points)
        better = self._best is None or (metrics[self._metric], -loss) > self._best
        if better:
            self._best = (metrics[self._metric], -loss)
        if better or not self._patience:
            self.best_step, self.metrics, self._without_gain = step, metrics, 0
            if self._patience:
                self._weights = {n: p.detach().clone() for n, p in self._model.named_parameters() if p.requires_grad}
            return False
        self._without_gain += 1
        return self._without_gain >= self._patience

    def restore_best(self) -> None:
        """Put the best weights back (they are the last ones without early stopping)."""
        if self._weights:
            self._model.load_state_dict(self._weights, strict=False)


def train(
    model: nn.Module,
    data: Split,
    validator: Validator,
    *,
    task: ModuleType,
    training: TrainingArguments,
    plan: Plan,
    budget: Budget,
    started: float,
    seed: int,
    precision: Precision,
    device: torch.device,
    journal: Journal,
) -> Trained:
    """Train in place until epochs, patience, steps or seconds end. `started` is when the job's work began (monotonic).

    Batch order comes from `seed` alone; dropout from torch's global generator, which the caller seeds.
    """
    assert data.labels is not None
    labels, lengths, parameters = data.labels.to(device), data.lengths, trained_parameters(model)
    optimizer = build_optimizer(model, training)
    batches = _batches(lengths, training, seed)
    deadline = started + TRAINING_SHARE * budget.max_seconds
    window, in_window = torch.zeros((), device=device), 0
    done = Trained(StoppedBy.EPOCHS if plan.total_steps == plan.planned_steps else StoppedBy.STEPS)
    model.train()
    began, validating = time.monotonic(), 0.0

    for step in range(1, plan.total_steps + 1):
        indices = next(batches)
        rate = training.learning_rate * rate_factor(training, step - 1, plan.total_steps)
        set_rate(optimizer, rate)
        with autocast(precision, device):
            logits = model(**to_device(data.collate(indices), device))
        loss = task.loss(logits, labels[indices], training.label_smoothing_factor)
        loss.backward()
        if training.max_grad_norm > 0:
            nn.utils.clip_grad_norm_(parameters, training.max_grad_norm, foreach=True)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        window, in_window = window + loss.detach(), in_window + 1
        done.steps, done.tokens = step, done.tokens + sum(lengths[index] for index in indices)

        is_last, late = step == plan.total_steps, time.monotonic() >= deadline
        if step == 1 or is_last or late or step % plan.report_every == 0:
            mean = float(window) / in_window
            _check_loss(mean, step, logits.shape[1])
            journal.points(step, train_loss=mean, learning_rate=rate)
            window, in_window = torch.zeros((), device=device), 0
        if is_last or late or step % plan.validate_every == 0:
            paused = time.monotonic()
            exhausted = validator.validate(step)
            validating += time.monotonic() - paused
            if exhausted and not is_last:
                done.stopped_by = StoppedBy.EARLY_STOPPING
                break
        if late and not is_last:
            done.stopped_by = StoppedBy.SECONDS
            break

    done.seconds = time.monotonic() - began - validating
    validator.restore_best()
    done.best_step, done.metrics = validator.best_step, validator.metrics
    return done


def _check_loss(mean: float, step: int, n_labels: int) -> None:
    guessing = math.log(max(2, n_labels))
    if not math.isfinite(mean):
        raise Diverged(sentences.LOSS_NOT_FINITE(step=step))
    if mean > EXPLODED * guessing:
        raise Diverged(sentences.LOSS_ROSE(loss=f"{mean:.3g}", step=step, guessing=f"{guessing:.2f}"))


def _batches(lengths: list[int], training: TrainingArguments, seed: int) -> Iterator[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from length_grouped_batches(lengths, training.per_device_train_batch_size, generator)
