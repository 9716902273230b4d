"""An average of the weights over the steps of a training, which is validated and kept instead of the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ..contract.config import TrainingArguments


class WeightAverage:
    """Of `parameters`, in place. With `ema_decay` d a moving average, whose decay begins smaller, as (1 + n) / (10 + n)
    after n steps, so that the first weights are forgotten (as TensorFlow's `ExponentialMovingAverage` has it); with
    `swa_start` the mean since that share of the steps (Izmailov et al. 2018); with neither, the weights themselves."""

    def __init__(self, parameters: list[nn.Parameter], training: TrainingArguments, total_steps: int) -> None:
        self._parameters, self._decay = parameters, training.ema_decay
        self._start = training.swa_start * total_steps
        self._averages: list[torch.Tensor] = []
        self._steps = 0

    @torch.no_grad()
    def update(self, step: int) -> None:
        """After optimiser step `step`, counted from 1."""
        if not self._decay and (not self._start or step <= self._start):
            return
        if not self._averages:
            self._averages = [parameter.detach().clone() for parameter in self._parameters]
        self._steps += 1
        kept = min(self._decay, (1 + self._steps) / (10 + self._steps)) if self._decay else 1 - 1 / self._steps
        torch._foreach_lerp_(self._averages, [one.detach() for one in self._parameters], 1 - kept)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within, the parameters have their averages."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def keep(self) -> None:
        """From now on the parameters are their averages."""
        self._swap()
        self._averages = []

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, average in zip(self._parameters, self._averages, strict=False):
            last = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(last)
