"""Reading a config: all errors at once, strict types, what would be accepted."""

from __future__ import annotations

from typing import Any

import pytest

from training_worker.contract.config import (
    Bounds,
    ConfigInvalid,
    TrainingArguments,
    models_with,
    number_bounds,
    number_names,
    parse_config,
)
from training_worker.contract.methods import METHODS
from training_worker.contract.techniques import TECHNIQUES


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
            "training": {"learning_rate": 1e308, "optim": "muon", "num_train_epochs": -1},
            "seed": 3,
        }
    )
    assert found == {
        "base_model": ("required", ""),
        "method.r": ("out_of_range", "1 … 64"),
        "method.alpha": (
            "unknown_field",
            "name, r, lora_alpha, lora_dropout, target_modules, use_dora, use_rslora, dtype, load_in_4bit",
        ),
        "training.learning_rate": ("out_of_range", "above 0 … 1"),
        "training.optim": ("invalid_choice", "adamw, adam, sgd, adafactor, lion"),
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
    assert (
        errors(make(method))["method.name"][1]
        == "full, head, top_layers, lora, adapter, bitfit, ia3, prompt_tuning, prefix_tuning"
    )


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


@pytest.mark.parametrize(
    ("techniques", "found"),
    [
        ([{"name": "fgm"}] * (len(TECHNIQUES) + 1), {"techniques": ("out_of_range", "")}),
        ([{"name": "fgm"}, {"name": "noise_injection"}, {"name": "fgm"}], {"techniques": ("doubled", "")}),
        ([{"name": "fgm"}, {"name": "fgm"}], {"techniques": ("doubled", "")}),
        ([{"name": "mixup"}], {"techniques.0.name": ("invalid_choice", ", ".join(TECHNIQUES))}),
        ([{"epsilon": 1.0}], {"techniques.0.name": ("required", ", ".join(TECHNIQUES))}),
        (
            [{"name": "noise_injection"}, {"name": "fgm", "epsilon": 0.0}],
            {"techniques.1.epsilon": ("out_of_range", "0.01 … 10")},
        ),
        ([{"name": "fgm", "copies": 2}], {"techniques.0.copies": ("unknown_field", "name, epsilon")}),
        (["fgm"], {"techniques.0": ("invalid_type", "")}),
        ({"name": "fgm"}, {"techniques": ("invalid_type", "")}),
        (
            [{"name": "noise_injection", "copies": 1.5, "probability": 0.6}],
            {
                "techniques.0.copies": ("invalid_type", "1 … 4"),
                "techniques.0.probability": ("out_of_range", "0.01 … 0.5"),
            },
        ),
    ],
)
def test_what_is_wrong_with_techniques_names_the_place(techniques: Any, found: dict[str, tuple[str, str]]) -> None:
    assert errors(make() | {"techniques": techniques}) == found


def test_techniques_are_read_with_their_defaults() -> None:
    config = parse_config(make() | {"techniques": [{"name": "fgm"}, {"name": "noise_injection", "copies": 3}]})
    assert config.model_dump(mode="json")["techniques"] == [
        {"name": "fgm", "epsilon": 0.1},
        {"name": "noise_injection", "probability": 0.1, "copies": 3},
    ]
    names = dict.fromkeys(name for name, _path, _value in config.numbers())
    paths = {path: value for _name, path, value in config.numbers()}
    assert {"training.max_length", "method.name", "techniques.fgm.epsilon"} <= names.keys()
    assert (paths["techniques.0.epsilon"], paths["techniques.1.copies"]) == (0.1, 3)


@pytest.mark.parametrize(
    ("name", "owners"),
    [
        ("training.learning_rate", [TrainingArguments]),
        ("method.r", [METHODS["lora"]]),
        ("method.name", []),
        ("techniques.fgm.epsilon", [TECHNIQUES["fgm"]]),
        ("techniques.fgm.copies", []),
        ("techniques.fgm.name", []),
        ("techniques.fgm", []),
        ("techniques.mixup.alpha", []),
        ("learning_rate", []),
        ("", []),
    ],
)
def test_a_ranges_name_leads_to_the_models_that_have_the_field(name: str, owners: list[Any]) -> None:
    assert models_with(name) == owners


def test_a_field_of_another_method_is_unknown() -> None:
    assert errors(make({"name": "head", "r": 8})) == {"method.r": ("unknown_field", "name")}


def test_every_number_that_a_challenge_may_narrow_has_bounds() -> None:
    names = number_names()
    assert {"training.learning_rate", "training.max_length", "method.r", "techniques.fgm.epsilon"} <= set(names)
    assert {"training.optim", "method.target_modules", "method.name"}.isdisjoint(names)
    assert len(names) == len(set(names))
    bounds = {name: number_bounds(name) for name in names}
    assert bounds["training.learning_rate"] == Bounds(low=0.0, high=1.0, is_whole=False)
    assert bounds["method.r"] == Bounds(low=1, high=64, is_whole=True)
    assert all(found is not None and found.low < found.high for found in bounds.values())
    assert number_bounds("training.optim") is None
