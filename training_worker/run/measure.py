"""A base model's speed and memory on this node, measured: what the site's estimates are made from."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from ..contract.config import TrainingArguments
from ..contract.limits import MeasuredSpeed
from ..contract.wire import Precision
from ..tasks.text_classification import Classifier, TokenSplit
from .optimization import build_optimizer
from .prediction import autocast, predict_logits

STEPS = 4
LENGTH = 32
SMALL, LARGE = 8, 96
"""Examples of `LENGTH` tokens in the two batches between which memory is interpolated."""


def measure(
    model: Classifier,
    sample: TokenSplit,
    precision: Precision,
    device: torch.device,
    peak_memory_mb: Callable[[torch.device], float],
) -> MeasuredSpeed:
    """Predicting `sample`, then full fine-tuning steps (the dearest method) on made-up tokens at a small and a large
    batch.

    Spoils the model's weights: call it last.
    """
    started = time.monotonic()
    predict_logits(model, sample, precision, device)
    frozen = sum(sample.lengths) / (time.monotonic() - started)
    model.requires_grad_(True)
    model.train()
    optimizer = build_optimizer(model, TrainingArguments(learning_rate=1e-6))

    def step(examples: int) -> float:
        started = time.monotonic()
        with autocast(precision, device):
            logits = model(input_ids=torch.full((examples, LENGTH), 1, device=device))
        torch.nn.functional.cross_entropy(
            logits.float(), torch.zeros(examples, dtype=torch.long, device=device)
        ).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.monotonic() - started

    step(SMALL)
    small_mb = peak_memory_mb(device)
    step(LARGE)
    slope = max(0.0, (peak_memory_mb(device) - small_mb) / ((LARGE - SMALL) * LENGTH / 1000))
    seconds = sum(step(2 * SMALL) for _ in range(STEPS))
    return MeasuredSpeed(
        train_units_per_second=round(STEPS * 2 * SMALL * LENGTH / seconds, 1),
        frozen_units_per_second=round(frozen, 1),
        megabytes_fixed=round(max(0.0, small_mb - slope * SMALL * LENGTH / 1000), 1),
        megabytes_per_thousand_units=round(slope, 1),
    )
