"""Tasks whose answers are written: they start at the zero-shot model, learn, repeat, and keep to the limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import RATES, TRANSLATION, make_config, weights_of
from training_worker.contract.metrics import METRICS
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS

WRITING = [task for task, spec in TASKS.items() if spec.generates and not spec.file_columns]
pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LORA = {"name": "lora", "r": 8, "lora_alpha": 64, "lora_dropout": 0.1, "target_modules": "all-linear"}
EPOCH = 6
"""Steps."""


def config_for(task: str, method: Any = "full", **training: Any) -> dict[str, Any]:
    return make_config(method, **{"learning_rate": RATES[task]} | training)


def curve(messages: list[Any], name: str) -> list[float]:
    return [point.value for message in messages for point in message.points if point.name == name]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def limited(task: str, tokens: int) -> dict[str, Any]:
    """The dataset of a challenge with a limit of new tokens."""
    counts = {"train_examples": 96, "validation_examples": 32, "test_examples": 40}
    return {"task": task, "version": "v1", "labels": [], "max_new_tokens": tokens} | counts


@pytest.mark.parametrize("task", WRITING)
def test_it_starts_at_the_zero_shot_model_and_learns(run_job: RunJob, task: str) -> None:
    base, untrained, _ = run_job(None, task=task)
    assert "zero-shot" in base.base_method
    assert base.speed.train_units_per_second > 0
    result, output, messages = run_job(config_for(task, num_train_epochs=30), task=task)
    report = ValidationReport.model_validate_json((output / "report.json").read_bytes())
    assert tuple(row.name for row in report.metrics) == TASKS[task].metrics
    for row in report.metrics:
        assert curve(messages, f"validation_{row.name}")[0] == pytest.approx(base.validation[row.name], rel=1e-5)
        assert row.base == pytest.approx(base.validation[row.name], rel=1e-5)
        assert METRICS[row.name].gain(row.value, base.validation[row.name]) > 0
    losses = curve(messages, "train_loss")
    assert sum(losses[-EPOCH:]) < sum(losses[:EPOCH])
    assert [one["id"] for one in lines(output / "predictions.jsonl")] == [
        one["id"] for one in lines(untrained / "predictions.jsonl")
    ]
    assert result.validation[TASKS[task].metrics[0]] > 0.8 * (METRICS[TASKS[task].metrics[0]].high or 1)


@pytest.mark.parametrize("task", WRITING)
def test_lora_learns_and_the_same_seed_repeats(run_job: RunJob, task: str) -> None:
    config = config_for(task, LORA, num_train_epochs=4)
    result, first, messages = run_job(config, task=task)
    _, second, _ = run_job(config, task=task)
    assert 0 < result.telemetry.parameters_trained < result.telemetry.parameters_total / 2
    assert curve(messages, "validation_loss")[-1] < curve(messages, "validation_loss")[0]
    for name in ("predictions.jsonl", "report.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert weights_of(first) == weights_of(second)


def test_the_challenge_limits_new_tokens(run_job: RunJob) -> None:
    _, output, _ = run_job(config_for(TRANSLATION, num_train_epochs=10), task=TRANSLATION)
    assert {len(one["text"].split()) for one in lines(output / "predictions.jsonl")} == {4, 5}
    config = config_for(TRANSLATION, num_train_epochs=10)
    _, short, _ = run_job(config, task=TRANSLATION, dataset=limited(TRANSLATION, 3))
    assert {len(one["text"].split()) for one in lines(short / "predictions.jsonl")} == {3}


def test_label_smoothing_and_bf16_change_the_training(run_job: RunJob) -> None:
    _, plain, _ = run_job(config_for(TRANSLATION), task=TRANSLATION)
    _, smooth, _ = run_job(config_for(TRANSLATION, label_smoothing_factor=0.2), task=TRANSLATION)
    _, mixed, messages = run_job(config_for(TRANSLATION), task=TRANSLATION, precision="bf16")
    assert weights_of(plain) != weights_of(smooth)
    assert weights_of(plain) != weights_of(mixed)
    assert curve(messages, "validation_loss")[-1] < curve(messages, "validation_loss")[0]
