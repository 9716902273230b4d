"""A model over a whole split without gradients: sorted by cost, as many examples to a batch as a budget allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..contract.precision import Precision
from ..contract.tasks.spec import Unit
from ..tasks.base import Task, TaskModel
from ..tasks.split import Batch, FeatureSplit, Split, inputs_of
from .batching import cost_budget_batches

Made = TypeVar("Made")

MAX_COST: dict[Unit, int] = {"tokens": 1024, "kilopixels": 512, "deciseconds": 300}
"""Padded cost a batch on a CPU, where more is slower: what a layer makes of it must stay in the cache (of MiniLM, 2048
tokens took 7 % longer, 4096 took 30 %)."""
CARD_COST: dict[Unit, int] = {"tokens": 2048, "kilopixels": 512, "deciseconds": 1200}


@dataclass(frozen=True)
class Compute:
    """What a run computes on, how precisely (bf16 is mixed precision, as the phase fixes it), and what costs are in."""

    device: torch.device
    precision: Precision
    unit: Unit = "tokens"

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.precision is Precision.BF16)

    def move(self, batch: Batch) -> Batch:
        if self.device.type == "cpu":
            return batch
        return {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}


@dataclass(frozen=True)
class Prediction:
    """Float32 outputs on CPU of each example of a split, in its order, and their mean loss where it has targets."""

    outputs: list[Tensor]
    loss: float | None

    def is_finite(self) -> bool:
        return not self.outputs or bool(torch.cat([output.flatten() for output in self.outputs]).isfinite().all())


def predict(part: nn.Module, split: Split, task: Task, compute: Compute) -> Prediction:
    """`part` is the model, or its top where `split` holds frozen features. It is in eval mode meanwhile and in its old
    mode afterwards."""
    was_training = part.training
    part.eval()
    outputs: list[Tensor] = [torch.empty(0)] * len(split.ids)
    total, weight = 0.0, 0
    with torch.inference_mode():
        answer = partial(task.answer, part)
        for indices, batch, (read, values) in _over_split(answer, split, compute, range(len(split.ids))):
            _place(outputs, indices, split.unpack(read.float().cpu(), indices))
            if split.has_targets and (counted := task.weight(batch)):
                total += counted * float(task.loss(values, batch))
                weight += counted
    part.train(was_training)
    return Prediction(outputs, total / max(1, weight) if split.has_targets else None)


def frozen_features(
    model: TaskModel, split: Split, compute: Compute, known: Mapping[int, Tensor] = MappingProxyType({})
) -> FeatureSplit:
    """Features of every example, once; those `known` by index are taken over. The model stays in eval mode."""

    def features_of(batch: Batch) -> Tensor:
        return model.features(**inputs_of(batch))

    model.eval()
    features: list[Tensor] = [known.get(index, torch.empty(0)) for index in range(len(split.ids))]
    missing = [index for index in range(len(split.ids)) if index not in known]
    with torch.inference_mode():
        for indices, _, values in _over_split(features_of, split, compute, missing):
            _place(features, indices, split.unpack(values.float().cpu(), indices))
    return FeatureSplit.of(split, features)


def _over_split(
    call: Callable[[Batch], Made], split: Split, compute: Compute, chosen: Sequence[int]
) -> Iterator[tuple[list[int], Batch, Made]]:
    """(indices, their batch on the device, what `call` makes of it) until every chosen example was called."""
    largest = MAX_COST if compute.device.type == "cpu" else CARD_COST
    costs = split.costs
    for places in cost_budget_batches([costs[index] for index in chosen], largest[compute.unit]):
        indices = [chosen[place] for place in places]
        batch = compute.move(split.collate(indices))
        with compute.autocast():
            made = call(batch)
        yield indices, batch, made


def _place(target: list[Tensor], indices: Sequence[int], values: Sequence[Tensor]) -> None:
    for index, value in zip(indices, values, strict=True):
        target[index] = value
