"""A challenge as the contract sees it: what configs are tried against."""

from __future__ import annotations

from typing import Any

from training_worker.contract.base import Range
from training_worker.contract.config import ConfigInvalid
from training_worker.contract.limits import Budget, ChallengeLimits, DataSize, Terms, read_config
from training_worker.contract.measured import MeasuredSpeed
from training_worker.contract.tasks import TASKS

LIMITS = ChallengeLimits(
    base_models=("m", "n"),
    methods=("full", "lora"),
    techniques=("fgm", "noise_injection"),
    ranges={
        "training.learning_rate": Range(min=1e-5, max=1e-2),
        "method.r": Range(min=1, max=16),
        "training.max_length": Range(min=8, max=64),
        "techniques.fgm.epsilon": Range(min=0.5, max=2.0),
    },
    max_batch_cost=32_768,
    budget=Budget(max_steps=10_000_000),
)
SIZE = DataSize(train_examples=1600, test_examples=2000, mean_cost=27.0)
SPEED = MeasuredSpeed(
    train_units_per_second=2000.0,
    frozen_units_per_second=6000.0,
    megabytes_fixed=800.0,
    megabytes_per_thousand_units=240.0,
    frozen_megabytes=500.0,
)


def terms(limits: ChallengeLimits = LIMITS, speed: MeasuredSpeed | None = None) -> Terms:
    task = TASKS["text-classification"]
    return Terms(task=task, limits=limits, size=SIZE, speeds={"m": speed} if speed else {})


def make(base_model: str = "m", method: dict[str, Any] | None = None, **training: Any) -> dict[str, Any]:
    return {"base_model": base_model, "method": method or {"name": "full"}, "training": {"max_length": 32} | training}


def refused(data: Any, limits: ChallengeLimits = LIMITS, speed: MeasuredSpeed | None = None) -> dict[str, str]:
    """Error codes by field; {} when the config is legal."""
    try:
        read_config(data, terms(limits, speed))
    except ConfigInvalid as error:
        return {error.field: error.code for error in error.errors}
    return {}
