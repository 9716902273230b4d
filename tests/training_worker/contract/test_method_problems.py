"""Methods that a base model, a task or another field rules out are refused with the reason, before any training."""

from __future__ import annotations

from typing import Any

import pytest

from training_worker.contract.base import FieldError, Range
from training_worker.contract.config import ConfigInvalid
from training_worker.contract.facts import LinearSize, ModelFacts, ModelSize
from training_worker.contract.limits import ChallengeLimits, DataSize, Terms, estimate, read_config
from training_worker.contract.measured import MeasuredSpeed
from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import TECHNIQUES

TEXTS, IMAGES = "text-classification", "image-classification"
LINEAR = {"attention": LinearSize(weights=100, widths=6 * 8 * 384), "all-linear": LinearSize(weights=200, widths=100)}
BERT = ModelFacts(
    family="encoder",
    tasks=(TEXTS, "token-classification"),
    max_positions=128,
    layers=("attention", "all-linear", "keys-values-ff", "outputs"),
    checkpointed=6,
    size=ModelSize(parameters=22_000_000, linear=LINEAR, biases=25_000, by_layer=(*[1_700_000] * 6, 11_800_000)),
)
NO_BIASES = BERT.model_copy(update={"size": BERT.size and BERT.size.model_copy(update={"biases": 0})})
CONVOLUTION = ModelFacts(family="vision", tasks=(IMAGES,), size=BERT.size)
SPEED = MeasuredSpeed(
    train_units_per_second=1000.0,
    frozen_units_per_second=3000.0,
    megabytes_fixed=900.0,
    megabytes_per_thousand_units=200.0,
    frozen_megabytes=500.0,
)


def terms(facts: ModelFacts = BERT, task: str = TEXTS) -> Terms:
    return Terms(
        task=TASKS[task],
        limits=ChallengeLimits(base_models=("m",), methods=tuple(METHODS)),
        size=DataSize(train_examples=100, mean_cost=32.0),
        models={"m": facts},
        speeds={"m": SPEED},
    )


def config(method: dict[str, Any], **training: Any) -> dict[str, Any]:
    return {"base_model": "m", "method": method, "training": {"max_length": 64} | training}


def refused(found: Terms, method: dict[str, Any], **training: Any) -> list[FieldError]:
    with pytest.raises(ConfigInvalid) as caught:
        read_config(config(method, **training), found)
    return caught.value.errors


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_legal_where_nothing_is_against_it(name: str) -> None:
    assert read_config(config({"name": name}), terms()).method.name == name


@pytest.mark.parametrize(
    ("facts", "task", "method", "training", "code", "field", "allowed"),
    [
        (BERT, TEXTS, {"name": "top_layers", "num_layers": 7}, {}, "out_of_range", "method.num_layers", "≤ 6"),
        (NO_BIASES, TEXTS, {"name": "bitfit"}, {}, "no_biases", "method.name", ""),
        (CONVOLUTION, IMAGES, {"name": "ia3"}, {}, "no_such_layers", "method.name", ""),
        (CONVOLUTION, IMAGES, {"name": "adapter"}, {}, "no_such_layers", "method.name", ""),
        (
            CONVOLUTION, IMAGES, {"name": "prompt_tuning"}, {},
            "method_not_for_model", "method.name", "encoder, decoder, encoder-decoder",
        ),
        (
            BERT, TEXTS, {"name": "prompt_tuning", "num_virtual_tokens": 16}, {"max_length": 120},
            "out_of_range", "training.max_length", "≤ 112",
        ),
        (
            BERT, TEXTS, {"name": "prefix_tuning"}, {"gradient_checkpointing": True},
            "no_checkpoints", "training.gradient_checkpointing", "false",
        ),
        (
            BERT, TEXTS, {"name": "full"}, {"ema_decay": 0.9, "swa_start": 0.5},
            "excluded", "training.swa_start", "0",
        ),
    ],
)  # fmt: skip
def test_what_rules_a_config_out(
    facts: ModelFacts, task: str, method: dict[str, Any], training: dict[str, Any], code: str, field: str, allowed: str
) -> None:
    errors = {error.field: error for error in refused(terms(facts, task), method, **training)}
    assert (errors[field].code, errors[field].allowed) == (code, allowed)
    assert errors[field].message


def test_techniques_that_move_embeddings_exclude_each_other() -> None:
    asked = config({"name": "full"}) | {"techniques": [{"name": "pgd"}, {"name": "random_swap"}, {"name": "fgm"}]}
    limits = ChallengeLimits(base_models=("m",), methods=("full",), techniques=tuple(TECHNIQUES))
    with pytest.raises(ConfigInvalid) as caught:
        read_config(asked, terms().model_copy(update={"limits": limits}))
    assert [(error.code, error.field) for error in caught.value.errors] == [("excluded", "techniques.2.name")]
    assert caught.value.errors[0].message == "excluded by pgd"


@pytest.mark.parametrize("field", ["momentum", "layerwise_lr_decay"])
def test_a_range_of_what_has_no_effect_refuses_nothing(field: str) -> None:
    """Its default lies outside, and nobody asked for it."""
    limits = ChallengeLimits(
        base_models=("m",), methods=tuple(METHODS), ranges={f"training.{field}": Range(min=0.5, max=0.8)}
    )
    found = terms().model_copy(update={"limits": limits})
    assert read_config(config({"name": "head"}), found).method.name == "head"
    used = {"optim": "sgd"} if field == "momentum" else {}
    assert [error.field for error in refused(found, {"name": "full"}, **used)] == [f"training.{field}"]


def test_estimates_know_how_much_trains() -> None:
    needed = {name: estimate(read_config(config({"name": name}), terms()), terms()) for name in METHODS}
    memory = {name: one.memory_mb or 0.0 for name, one in needed.items()}
    seconds = {name: one.seconds or 0.0 for name, one in needed.items()}
    assert 0 < memory["bitfit"] < memory["top_layers"] < memory["full"]
    assert 0 < seconds["top_layers"] < seconds["bitfit"] < seconds["full"]
    assert seconds["prompt_tuning"] > seconds["bitfit"], "it reads more tokens"


def test_an_optimiser_with_fewer_moments_takes_less_memory() -> None:
    found = {
        optim: estimate(read_config(config({"name": "full"}, optim=optim), terms()), terms()).memory_mb or 0.0
        for optim in ("adamw", "lion", "adafactor")
    }
    assert found["adafactor"] < found["lion"] < found["adamw"]
    megabytes = 4 * 22_000_000 / 2**20
    assert found["adamw"] - found["lion"] == pytest.approx(megabytes, rel=0.01)
