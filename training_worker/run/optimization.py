"""Optimiser and learning-rate schedule of a config. Names and defaults follow `transformers.TrainingArguments`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from lion_pytorch import Lion
from torch import nn
from torch.optim import Optimizer

from ..contract.config import TrainingArguments
from ..contract.effects import warm_up
from ..methods.layers import layers_below

DECAY_SHARE = 0.2
UNWARMED = 10
"""Steps in which `inverse_sqrt` falls to 1/√2 where there is no warm-up."""


def build_optimizer(model: nn.Module, training: TrainingArguments) -> Optimizer:
    """The config's optimiser. Biases and normalisation weights are not decayed; each group of parameters has its
    `scale`, by which `set_rate` multiplies the rate of a step."""
    rate, groups = training.learning_rate, _groups(model, training)
    if training.optim == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=training.momentum, fused=True)
    if training.optim == "adam":
        return torch.optim.Adam(groups, lr=rate, fused=True)
    if training.optim == "adafactor":
        return torch.optim.Adafactor(groups, lr=rate)
    if training.optim == "lion":
        lion: Optimizer = Lion(groups, lr=rate)
        return lion
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def _groups(model: nn.Module, training: TrainingArguments) -> list[dict[str, Any]]:
    """What trains, by the scale of its rate and whether it is decayed."""
    scales = layer_scales(model, training.layerwise_lr_decay)
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, value in model.named_parameters():
        if value.requires_grad:
            groups.setdefault((scales[name], value.ndim > 1), []).append(value)
    return [
        {"params": values, "weight_decay": training.weight_decay if is_decayed else 0.0, "scale": scale}
        for (scale, is_decayed), values in groups.items()
    ]


def layer_scales(model: nn.Module, decay: float) -> dict[str, float]:
    """By name of a parameter `decay` to the power of how many layers it lies below the top (Clark et al. 2020,
    "ELECTRA", appendix A)."""
    return {name: decay**below for name, below in layers_below(model).items()}


def rate_factor(training: TrainingArguments, step: int, total: int) -> float:
    """Share of the peak learning rate at optimiser step `step` (from 0) of `total`; warm-up is a share of all steps.

    The schedules of transformers by their names. `inverse_sqrt` falls as the root of the steps since warm-up does,
    counted in lengths of the warm-up; `warmup_stable_decay` falls linearly over the last `DECAY_SHARE` of the steps.
    """
    kind = training.lr_scheduler_type
    warmup = 0 if kind == "constant" else warm_up(training.warmup_steps, total)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if kind.startswith("constant"):
        return 1.0
    if kind == "inverse_sqrt":
        timescale = warmup or UNWARMED
        return math.sqrt(timescale / (step - warmup + timescale))
    if kind == "warmup_stable_decay":
        return min(1.0, (total - step) / max(1.0, DECAY_SHARE * total))
    done = (step - warmup) / max(1, total - warmup)
    return 1.0 - done if kind == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """`rate` is that of the top; see `layer_scales`."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]


def trained_parameters(model: nn.Module) -> list[nn.Parameter]:
    return [value for value in model.parameters() if value.requires_grad]


def count(parameters: Iterable[nn.Parameter]) -> int:
    return sum(value.numel() for value in parameters)
