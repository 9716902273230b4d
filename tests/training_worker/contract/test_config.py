"""Reading a config: all errors at once, strict types, what would be accepted."""

from __future__ import annotations

from typing import Any

import pytest

from training_worker.contract.config import ConfigInvalid, parse_config


def errors(data: Any) -> dict[str, tuple[str, str]]:
    """(code, allowed) by field."""
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(data)
    return {error.field: (error.code, error.allowed) for error in caught.value.errors}


def make(method: Any = None, **training: Any) -> dict[str, Any]:
    return {"base_model": "m", "method": method or {"name": "full"}, "training": training}


def test_smallest_config_has_defaults() -> None:
    config = parse_config({"base_model": "m", "method": {"name": "lora"}})
    assert config.training.learning_rate == 2e-4
    assert config.model_dump()["method"]["r"] == 8


def test_all_errors_come_at_once_with_what_is_allowed() -> None:
    found = errors(
        {
            "method": {"name": "lora", "r": 0, "alpha": 3},
            "training": {"learning_rate": 1e308, "optim": "lion", "num_train_epochs": -1},
            "seed": 3,
        }
    )
    assert found == {
        "base_model": ("required", ""),
        "method.r": ("out_of_range", "1 … 64"),
        "method.alpha": ("unknown_field", "name, r, lora_alpha, lora_dropout, target_modules"),
        "training.learning_rate": ("out_of_range", "above 0 … 1"),
        "training.optim": ("invalid_choice", "adamw, adam, sgd"),
        "training.num_train_epochs": ("out_of_range", "1 … 100"),
        "seed": ("unknown_field", "base_model, method, training, techniques"),
    }


@pytest.mark.parametrize("value", ["8", True, 8.5, None, [8], 10**9, -1])
def test_only_whole_numbers_in_range_are_batch_sizes(value: Any) -> None:
    found = errors(make(per_device_train_batch_size=value))
    assert found.keys() == {"training.per_device_train_batch_size"}
    assert found["training.per_device_train_batch_size"][1] == "1 … 256"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_are_finite(value: float) -> None:
    assert "training.learning_rate" in errors(make(learning_rate=value))


@pytest.mark.parametrize("method", [{"name": "qlora"}, {"r": 3}, {"name": ["full"]}, {"name": None}])
def test_unknown_or_missing_method_names_the_choices(method: dict[str, Any]) -> None:
    assert errors(make(method))["method.name"][1] == "full, head, lora"


@pytest.mark.parametrize("data", [None, [], "lora", 3, {1: object()}, {"method": "full"}])
def test_anything_else_is_an_error_not_a_crash(data: Any) -> None:
    assert errors(data)


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    data: Any = {}
    for _ in range(100_000):
        data = {"a": data}
    assert errors(data)
    while data:
        data = data.pop("a")


def test_a_field_of_another_method_is_unknown() -> None:
    assert errors(make({"name": "head", "r": 8})) == {"method.r": ("unknown_field", "name")}
