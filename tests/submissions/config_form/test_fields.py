"""A config as fields of a form, and the presets that fill them."""

from __future__ import annotations

from typing import Any

import pytest

from hackathon.bundles.yaml import dump, load
from submissions.config_form.fields import flatten, nest, read_value
from submissions.config_form.forms import form_data
from submissions.config_form.presets import PRESETS, default_config, preset_values, shown_defaults
from tests.factories import CONFIG
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits, DataSize, Terms, read_config
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "8", 8),
        ("integer", "8.0", "8.0"),
        ("integer", "8_0", "8_0"),
        ("integer", "٨", "٨"),
        ("number", "1e-4", 1e-4),
        ("number", "5", 5.0),
        ("number", ".5", 0.5),
        ("number", "nan", "nan"),
        ("number", "0,5", "0,5"),
        ("choice", "8", "8"),
    ],
)
def test_reading_values(kind: str, text: str, value: object) -> None:
    read = read_value(kind, text)
    assert (read, type(read)) == (value, type(value))


def test_nest_and_flatten_are_inverse() -> None:
    assert nest(flatten(CONFIG)) == CONFIG
    assert load(dump(nest(flatten(CONFIG)))) == CONFIG


TECHNIQUES = [{"name": "noise_injection", "probability": 0.2, "copies": 2}, {"name": "fgm", "epsilon": 1.5}]


def test_techniques_are_named_by_themselves_in_a_form() -> None:
    config = CONFIG | {"techniques": TECHNIQUES}
    flat = flatten(config)
    assert (flat["techniques.fgm"], flat["techniques.fgm.epsilon"]) == ("on", 1.5)
    assert nest(flat) == config
    assert flatten(CONFIG | {"techniques": []}) == flatten(CONFIG)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"techniques": [{"epsilon": 1.0}]}, "techniques.0"),
        ({"techniques": [TECHNIQUES[1], TECHNIQUES[1]]}, "techniques.1"),
        ({"techniques": [{"name": "fgm.epsilon"}]}, "techniques.0"),
        ({"techniques": {"fgm": 1.0}}, "techniques"),
        ({"techniques": [{"name": "fgm", "epsilon": [1]}]}, "techniques.fgm.epsilon"),
        ({"techniques.fgm": "on"}, "techniques.fgm"),
        ({"method": {"name": "lora", "r": {"x": 1}}}, "method.r"),
    ],
)
def test_what_no_field_can_hold_is_named(config: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}$"):
        form_data(config)


LIMITS = [
    {},
    {"budget": {"max_steps": 60}},
    {"max_batch_cost": 512},
    {
        "ranges": {
            "training.learning_rate": {"min": 1e-5, "max": 1e-4},
            "training.num_train_epochs": {"min": 2, "max": 4},
        }
    },
    {"ranges": {"method.r": {"min": 1, "max": 4}, "method.lora_dropout": {"min": 0.1, "max": 0.2}}},
]


@pytest.mark.parametrize("changes", LIMITS)
@pytest.mark.parametrize(("method", "preset"), [(name, one.slug) for name in PRESETS for one in PRESETS[name]])
def test_every_preset_is_accepted_wherever_it_is_offered(changes: dict[str, Any], method: str, preset: str) -> None:
    limits = ChallengeLimits.model_validate({"base_models": ("a",), "methods": tuple(METHODS)} | changes, strict=False)
    terms = Terms(task=TASKS["text-classification"], limits=limits, size=DataSize(train_examples=800))
    assert read_config(nest(preset_values(method, preset, terms)), terms).method.name == method


def test_a_preset_is_made_for_a_model_that_it_fits() -> None:
    short = ModelFacts(family="encoder", tasks=("text-classification",), max_positions=64, layers=("attention",))
    no_layers = ModelFacts(family="encoder", tasks=("text-classification",))
    limits = ChallengeLimits(base_models=("plain", "short"), methods=tuple(METHODS))
    terms = Terms(
        task=TASKS["text-classification"],
        limits=limits,
        size=DataSize(train_examples=800),
        models={"plain": no_layers, "short": short},
    )
    lora, head = (preset_values(method, "", terms) for method in ("lora", "head"))
    assert (lora["base_model"], lora["training.max_length"]) == ("short", 64)
    assert (head["base_model"], head["training.max_length"]) == ("plain", 128)
    assert read_config(nest(lora), terms).method.name == "lora"


def test_the_shown_defaults_are_what_each_methods_form_starts_with() -> None:
    limits = {"base_models": ("m",), "methods": ("head", "lora", "full"), "techniques": ("fgm",)}
    ranges = {"method.r": {"min": 1.0, "max": 4.0}, "techniques.fgm.epsilon": {"min": 0.5, "max": 2.0}}
    terms = Terms(
        task=TASKS["text-classification"],
        limits=ChallengeLimits.model_validate(limits | {"ranges": ranges}),
        size=DataSize(train_examples=800),
    )
    shown = shown_defaults(terms)
    assert shown["training.learning_rate"] == "0.01 (head) · 0.001 (lora) · 5e-05 (full)"
    assert shown["training.num_train_epochs"] == "10 (head) · 3 (lora, full)"
    assert shown["training.optim"] == "adamw"
    assert (shown["method.lora.r"], shown["techniques.fgm.epsilon"]) == ("4", "0.5")
    assert flatten(default_config(terms)) == preset_values("lora", "", terms)


def test_every_method_has_presets() -> None:
    assert set(PRESETS) == set(METHODS)
