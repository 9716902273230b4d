"""Optimiser and learning-rate schedule of a config. Names and defaults follow `transformers.TrainingArguments`."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import Optimizer

from ..contract.config import TrainingArguments
from ..contract.effects import warm_up


def build_optimizer(model: nn.Module, training: TrainingArguments) -> Optimizer:
    """Fused AdamW (decoupled decay), Adam or plain SGD (L2). Biases and normalisation weights are not decayed."""
    trained = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    groups = [
        {"params": [value for _, value in trained if value.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [value for _, value in trained if value.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = training.learning_rate
    if training.optim == "sgd":
        return torch.optim.SGD(groups, lr=rate, fused=True)
    if training.optim == "adam":
        return torch.optim.Adam(groups, lr=rate, fused=True)
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def rate_factor(training: TrainingArguments, step: int, total: int) -> float:
    """Share of the peak learning rate at optimiser step `step` (from 0) of `total`; warm-up is a share of all steps."""
    warmup = 0 if training.lr_scheduler_type == "constant" else warm_up(training.warmup_steps, total)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if training.lr_scheduler_type.startswith("constant"):
        return 1.0
    done = (step - warmup) / max(1, total - warmup)
    return 1.0 - done if training.lr_scheduler_type == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))


def set_rate(optimizer: Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def trained_parameters(model: nn.Module) -> list[nn.Parameter]:
    return [value for value in model.parameters() if value.requires_grad]


def count(parameters: Iterable[nn.Parameter]) -> int:
    return sum(value.numel() for value in parameters)
