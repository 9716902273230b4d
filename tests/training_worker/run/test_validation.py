"""The best weights: by the metric's own direction, with the buffers that belong to them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from training_worker.contract.config import TrainingArguments

pytestmark = pytest.mark.torch


def make_part() -> Any:
    from torch import nn

    part = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    part[0].requires_grad_(False)
    return part


def make_validator(part: Any, values: list[float], metric: str) -> Any:
    """Each validation finds the next of `values`."""
    import torch

    from training_worker.run.prediction import Prediction
    from training_worker.run.validation import Validator

    found = iter(values)
    validation: Any = SimpleNamespace(
        answers=lambda prediction: None,
        tracked_metrics=lambda answers, primary: {primary: next(found)},
        task=SimpleNamespace(spec=SimpleNamespace(generates=False)),
    )
    journal: Any = SimpleNamespace(points=lambda step, message, **values: None)
    training = TrainingArguments(early_stopping_patience=2)
    validator = Validator(part, None, validation, metric=metric, training=training, journal=journal, compute=None)  # type: ignore[arg-type]
    return lambda step: validator.judge(step, Prediction([torch.zeros(1)], 1.0)), validator


@pytest.mark.parametrize(
    ("metric", "values", "best"), [("accuracy", [0.5, 0.9, 0.7, 0.8], 1), ("mse", [0.9, 0.2, 0.5, 0.3], 1)]
)
def test_the_best_weights_and_buffers_come_back(metric: str, values: list[float], best: int) -> None:
    part = make_part()
    judge, validator = make_validator(part, values, metric)
    exhausted = []
    for step in range(4):
        part[2].weight.data.fill_(step)
        part[1].running_mean.fill_(step)
        exhausted.append(judge(step))
    assert exhausted == [False, False, False, True]
    validator.restore_best()
    assert validator.best_step == best
    assert part[2].weight.tolist() == [[float(best)] * 2]
    assert part[1].running_mean.tolist() == [float(best)] * 2


def test_what_training_may_change_is_what_is_kept() -> None:
    from training_worker.run.validation import trained_state

    assert trained_state(make_part()).keys() == {
        "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked", "2.weight", "2.bias"
    }  # fmt: skip
