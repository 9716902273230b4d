"""A challenge's limits: `check` and `schema_for` accept and refuse the same configs."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training_worker.contract.base import Range
from training_worker.contract.canonical import canonical
from training_worker.contract.config import ConfigInvalid, parse_config
from training_worker.contract.limits import (
    Budget,
    ChallengeLimits,
    DataSize,
    MeasuredSpeed,
    Terms,
    check,
    estimate,
    read_config,
    schema_for,
)
from training_worker.contract.tasks import TASKS

LIMITS = ChallengeLimits(
    base_models=("m", "n"),
    methods=("full", "lora"),
    ranges={
        "training.learning_rate": Range(min=1e-5, max=1e-2),
        "method.r": Range(min=1, max=16),
        "training.max_length": Range(min=8, max=64),
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
)


def terms(limits: ChallengeLimits = LIMITS, speed: MeasuredSpeed | None = None) -> Terms:
    task = TASKS["text-classification"]
    return Terms(task=task, limits=limits, size=SIZE, speeds={"m": speed} if speed else {})


VALIDATOR = jsonschema.Draft202012Validator(schema_for(LIMITS))


def make(base_model: str = "m", method: dict[str, Any] | None = None, **training: Any) -> dict[str, Any]:
    return {"base_model": base_model, "method": method or {"name": "full"}, "training": {"max_length": 32} | training}


def refused(data: Any, limits: ChallengeLimits = LIMITS, speed: MeasuredSpeed | None = None) -> dict[str, str]:
    """Error codes by field; {} when the config is legal."""
    try:
        read_config(data, terms(limits, speed))
    except ConfigInvalid as error:
        return {error.field: error.code for error in error.errors}
    return {}


def test_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema_for(LIMITS))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (make(), {}),
        (make("n", {"name": "lora", "r": 16}), {}),
        (make("../../etc/passwd"), {"base_model": "model_not_allowed"}),
        (make("m" * 300), {"base_model": "model_not_allowed"}),
        (make("ｍ"), {"base_model": "model_not_allowed"}),
        (make(method={"name": "head"}), {"method.name": "method_not_allowed"}),
        (make(method={"name": "lora", "r": 17}), {"method.r": "out_of_range"}),
        (make(learning_rate=0.02), {"training.learning_rate": "out_of_range"}),
        (make(learning_rate=1e-6), {"training.learning_rate": "out_of_range"}),
        (make(max_length=65), {"training.max_length": "out_of_range"}),
        (
            make("x", {"name": "lora", "r": 17}, learning_rate=0.5),
            {"base_model": "model_not_allowed", "method.r": "out_of_range", "training.learning_rate": "out_of_range"},
        ),
        (make(method={"name": "lora", "r": "8"}), {"method.r": "invalid_type"}),
        (make(dropout=0.1), {"training.dropout": "unknown_field"}),
    ],
)
def test_check_and_schema_agree(data: dict[str, Any], expected: dict[str, str]) -> None:
    assert refused(data) == expected
    assert VALIDATOR.is_valid(data) is not bool(expected)


@settings(max_examples=200)
@given(
    st.sampled_from(["m", "n", "o"]),
    st.sampled_from([{"name": "full"}, {"name": "head"}, {"name": "lora", "r": 4}, {"name": "lora", "r": 64}]),
    st.sampled_from([1e-6, 1e-5, 2e-4, 1e-2, 5e-2]),
    st.integers(1, 100),
    st.sampled_from([4, 8, 32, 64, 65, 513]),
)
def test_check_and_schema_agree_everywhere(
    model: str, method: dict[str, Any], rate: float, epochs: int, length: int
) -> None:
    data = make(model, method, learning_rate=rate, num_train_epochs=epochs, max_length=length)
    assert VALIDATOR.is_valid(data) is not bool(refused(data))


def test_a_wrong_type_does_not_hide_a_model_that_is_not_allowed() -> None:
    assert refused(make("x", learning_rate="fast")).keys() == {"base_model", "training.learning_rate"}


def test_what_is_read_is_canonical() -> None:
    config = read_config(make(learning_rate=2.04e-4), terms())
    assert config == canonical(config)
    assert config.training.learning_rate == 2e-4


def test_estimate_and_budget() -> None:
    config = parse_config(make(per_device_train_batch_size=16, num_train_epochs=3))
    unknown = estimate(config, terms())
    assert unknown.steps == 300
    assert unknown.seconds is None
    assert unknown.memory_mb is None
    known = estimate(config, terms(speed=SPEED))
    assert known.seconds == pytest.approx(3 * 1600 * 27 / 2000 + 2000 * 27 / 6000, abs=0.1)
    assert known.memory_mb == pytest.approx(800 + 240 * 16 * 32 / 1000, abs=0.1)
    frozen = estimate(parse_config(make(method={"name": "head"}, num_train_epochs=100)), terms(speed=SPEED))
    assert frozen.seconds == pytest.approx((1600 + 2000) * 27 / 6000, abs=0.1)


@pytest.mark.parametrize(
    ("budget", "training", "field"),
    [
        (Budget(max_steps=299), {"num_train_epochs": 3}, "training.num_train_epochs"),
        (Budget(max_memory_mb=900), {}, "training.max_length"),
        (Budget(max_steps=10_000, max_seconds=20.0), {"num_train_epochs": 3}, "training.num_train_epochs"),
    ],
)
def test_legal_fields_that_are_too_much_together(budget: Budget, training: dict[str, Any], field: str) -> None:
    limits = LIMITS.model_copy(update={"budget": budget})
    data = make(per_device_train_batch_size=16, **training)
    assert refused(data, limits, SPEED) == {field: "exceeds_budget"}
    assert check(parse_config(data), terms(speed=SPEED)) == []


def test_batch_tokens_are_capped() -> None:
    limits = LIMITS.model_copy(update={"max_batch_cost": 1000})
    assert refused(make(per_device_train_batch_size=256), limits) == {
        "training.per_device_train_batch_size": "exceeds_budget"
    }
