"""A model over a whole split without gradients: sorted by length, a token budget per batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..contract.wire import Precision
from ..tasks.text_classification import Batch, FeatureSplit, Split, TokenSplit
from .batching import token_budget_batches

MAX_TOKENS = 2048
"""Padded tokens a batch: on CPU more is slower (cache), on a card this many are cheap too."""


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """bf16 mixed precision as the phase fixes it; float32 is no autocast."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision is Precision.BF16)


def over_split(call: Callable[[Batch], Tensor], split: Split, device: torch.device) -> Tensor:
    """(N, …) float32 on CPU in the split's order."""
    out: Tensor | None = None
    for indices in token_budget_batches(split.lengths, MAX_TOKENS):
        rows = call(to_device(split.collate(indices), device)).float().cpu()
        if out is None:
            out = torch.empty(len(split.ids), *rows.shape[1:])
        out[indices] = rows
    return torch.empty(0) if out is None else out


def predict_logits(model: nn.Module, split: Split, precision: Precision, device: torch.device) -> Tensor:
    """Logits (N, C); the model is in eval mode meanwhile and in its old mode afterwards."""
    was_training = model.training
    model.eval()
    with torch.inference_mode(), autocast(precision, device):
        logits = over_split(lambda batch: model(**batch), split, device)
    model.train(was_training)
    return logits.clone()


def frozen_features(
    features: Callable[..., Tensor], split: TokenSplit, precision: Precision, device: torch.device
) -> FeatureSplit:
    """Pooled features of every example, once. The caller puts the model in eval mode."""
    with torch.inference_mode(), autocast(precision, device):
        values = over_split(lambda batch: features(**batch), split, device)
    return FeatureSplit(ids=split.ids, features=values.clone(), labels=split.labels)


def to_device(batch: Batch, device: torch.device) -> Batch:
    if device.type == "cpu":
        return batch
    return {name: value.to(device, non_blocking=True) for name, value in batch.items()}
