"""Configs of recipes in few words."""

from __future__ import annotations

from typing import Any

from .people import FEATURES_LENGTH
from .recipe import Config

LORA: dict[str, Any] = {"name": "lora", "r": 8, "lora_alpha": 16, "target_modules": "attention"}
BASELINE_NOTE = "Baseline: linear head on frozen features"


def config(
    model: str, method: str | dict[str, Any], learning_rate: float, epochs: int, batch: int = 16, **training: Any
) -> Config:
    """What a team submits: `method` by its name alone or with its options, `batch` examples a step for so many epochs;
    `training` are more hyper-parameters, by the contract's names."""
    return {
        "base_model": model,
        "method": {"name": method} if isinstance(method, str) else method,
        "training": {
            "learning_rate": learning_rate,
            "per_device_train_batch_size": batch,
            "num_train_epochs": epochs,
            **training,
        },
    }


def linear_head(model: str, learning_rate: float = 1e-3, epochs: int = 5, **training: Any) -> Config:
    """A head on frozen features, at the length at which the base score computes them."""
    return config(model, "head", learning_rate, epochs, 32, **{"max_length": FEATURES_LENGTH, **training})
