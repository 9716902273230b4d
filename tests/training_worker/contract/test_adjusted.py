"""What is trained otherwise than it was given is named, with the reason."""

from __future__ import annotations

from typing import Any

from training_worker.contract.adjusted import adjusted_values
from training_worker.contract.canonical import canonical
from training_worker.contract.config import parse_config


def adjusted(**config: Any) -> list[tuple[str, Any, Any, str]]:
    data = {"base_model": "m", "method": {"name": "lora"}} | config
    found = adjusted_values(data, canonical(parse_config(data)))
    return [(value.field, value.given, value.used, value.reason) for value in found]


def test_a_value_on_the_grid_and_one_left_out_are_as_given() -> None:
    assert adjusted() == adjusted(training={"learning_rate": 0.0025, "warmup_steps": 0.06, "max_length": 77}) == []
    assert adjusted(training={"lr_scheduler_type": "constant"}) == []


def test_rounded_values_are_named_where_they_stood_in_the_config() -> None:
    techniques = [{"name": "fgm", "epsilon": 1.23}, {"name": "noise_injection", "probability": 0.123}]
    assert adjusted(
        method={"name": "lora", "lora_dropout": 0.123}, training={"learning_rate": 0.00234}, techniques=techniques
    ) == [
        ("training.learning_rate", 0.00234, 0.0025, "rounded"),
        ("method.lora_dropout", 0.123, 0.12, "rounded"),
        ("techniques.0.epsilon", 1.23, 1.2, "rounded"),
        ("techniques.1.probability", 0.123, 0.12, "rounded"),
    ]


def test_a_value_without_effect_is_not_called_rounded() -> None:
    assert adjusted(training={"lr_scheduler_type": "constant", "warmup_steps": 0.123}) == [
        ("training.warmup_steps", 0.123, 0.0, "no_effect")
    ]


def test_a_switch_without_effect_is_named() -> None:
    assert adjusted(method={"name": "head"}, training={"gradient_checkpointing": True}) == [
        ("training.gradient_checkpointing", True, False, "no_effect")
    ]
