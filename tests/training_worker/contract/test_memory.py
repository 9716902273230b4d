"""What a training takes of memory: dtype, 4 bits, checkpoints and accumulation are known to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training_worker.contract.challenge import make
from training_worker.contract.base import FieldError
from training_worker.contract.config import parse_config
from training_worker.contract.facts import LinearSize, ModelFacts, ModelSize
from training_worker.contract.limits import Budget, ChallengeLimits, DataSize, Terms, check, estimate
from training_worker.contract.measured import MeasuredSpeed
from training_worker.contract.methods import METHODS
from training_worker.contract.precision import Precision
from training_worker.contract.tasks import TASKS

GIGABYTE = 1024
LAYERS, HIDDEN, INNER, VOCABULARY = 32, 4096, 11_008, 32_000
ATTENTION = LAYERS * 4 * HIDDEN**2
ALL_LINEAR = ATTENTION + LAYERS * 3 * HIDDEN * INNER
PARAMETERS = ALL_LINEAR + 2 * VOCABULARY * HIDDEN + (2 * LAYERS + 1) * HIDDEN
SEVEN_B = ModelFacts(
    family="decoder",
    tasks=("text-generation",),
    max_positions=4096,
    layers=("attention", "all-linear", "keys-values-ff", "outputs"),
    checkpointed=LAYERS,
    size=ModelSize(
        parameters=PARAMETERS,
        vocabulary=VOCABULARY,
        linear={
            "attention": LinearSize(weights=ATTENTION, widths=LAYERS * 8 * HIDDEN),
            "all-linear": LinearSize(weights=ALL_LINEAR, widths=LAYERS * (8 * HIDDEN + 3 * (HIDDEN + INNER))),
            "keys-values-ff": LinearSize(weights=LAYERS * (2 * HIDDEN**2 + HIDDEN * INNER), widths=LAYERS * 31_000),
            "outputs": LinearSize(weights=LAYERS * (HIDDEN**2 + HIDDEN * INNER), widths=LAYERS * 23_000),
        },
        biases=0,
        by_layer=(*[ALL_LINEAR // LAYERS] * LAYERS, 2 * VOCABULARY * HIDDEN),
    ),
)
"""The shapes of Llama 2 7B."""
SPEED = MeasuredSpeed(
    train_units_per_second=3000.0,
    frozen_units_per_second=9000.0,
    megabytes_fixed=16 * PARAMETERS / 2**20 + 800,
    megabytes_per_thousand_units=34 * HIDDEN * LAYERS * 1000 / 2**20 + 12 * VOCABULARY * 1000 / 2**20,
    frozen_megabytes=4 * PARAMETERS / 2**20 + 900,
)
LORA = {"name": "lora", "r": 16, "target_modules": "all-linear"}
QLORA = LORA | {"dtype": "bfloat16", "load_in_4bit": True}


def terms(
    facts: ModelFacts = SEVEN_B, *, megabytes: int = 24 * GIGABYTE, precision: Precision = Precision.BF16
) -> Terms:
    return Terms(
        task=TASKS["text-generation"],
        limits=ChallengeLimits(
            base_models=("m",), methods=tuple(METHODS), budget=Budget(max_memory_mb=megabytes, max_seconds=80_000.0)
        ),
        size=DataSize(train_examples=1000, mean_cost=200.0),
        models={"m": facts},
        speeds={"m": SPEED},
        precision=precision,
    )


def config(method: Any, **training: Any) -> Any:
    return parse_config(make(method=method, **{"max_length": 512, "per_device_train_batch_size": 4} | training))


def megabytes(method: Any, **training: Any) -> float:
    found = estimate(config(method, **training), terms()).memory_mb
    assert found is not None
    return found


def refused(errors: list[FieldError]) -> dict[str, str]:
    return {error.field: error.code for error in errors}


def test_lora_of_7b_on_a_card_of_24_gigabytes_is_a_config_away() -> None:
    assert check(config(QLORA, gradient_checkpointing=True), terms()) == []
    for method, training in [
        ({"name": "full"}, {"gradient_checkpointing": True}),
        (LORA, {"gradient_checkpointing": True}),
        (LORA | {"dtype": "bfloat16"}, {"per_device_train_batch_size": 8}),
    ]:
        assert refused(check(config(method, **training), terms())) == {"training.max_length": "exceeds_budget"}
    assert megabytes(QLORA, gradient_checkpointing=True) < 8 * GIGABYTE
    assert megabytes({"name": "full"}) > 100 * GIGABYTE


def test_each_field_takes_what_it_says() -> None:
    """Of 32-bit weights frozen ones keep 4 bytes of 16, in bfloat16 2, linear ones in 4 bits half a byte."""
    mega = 2**20
    adapters = 16 * LORA["r"] * SEVEN_B.size.linear["all-linear"].widths / mega  # type: ignore[operator,union-attr]
    plain = megabytes(LORA)
    assert megabytes({"name": "full"}) - plain == pytest.approx(12 * PARAMETERS / mega - adapters, abs=1)
    half = megabytes(LORA | {"dtype": "bfloat16"})
    assert plain - half == pytest.approx(2 * PARAMETERS / mega, abs=1)
    assert half - megabytes(QLORA) == pytest.approx((2 - 0.516) * ALL_LINEAR / mega, abs=1)
    more = megabytes(LORA | {"r": 32}) - plain
    assert more == pytest.approx(adapters, abs=1)
    kept = 4 * 512 * (12 * VOCABULARY + 34 * HIDDEN * LAYERS) / mega
    checkpointed = 4 * 512 * (12 * VOCABULARY + (2 * LAYERS + 34) * HIDDEN) / mega
    saved = half - megabytes(LORA | {"dtype": "bfloat16"}, gradient_checkpointing=True)
    assert saved == pytest.approx(kept - checkpointed, abs=1)


def test_a_large_step_of_small_batches_takes_the_memory_of_one_batch() -> None:
    """And as many steps and seconds as one in a large batch."""
    whole, parts = (
        estimate(config(LORA, per_device_train_batch_size=batch, gradient_accumulation_steps=batches), terms())
        for batch, batches in ((32, 1), (4, 8))
    )
    assert whole.steps == parts.steps == 3 * 32
    assert whole.seconds == parts.seconds
    assert parts.memory_mb == megabytes(LORA)
    assert whole.memory_mb is not None
    assert whole.memory_mb > parts.memory_mb + 7 * 4 * 512 * 34 * HIDDEN * LAYERS / 2**20


def test_without_the_models_size_the_dearest_training_stands_for_all() -> None:
    unknown = terms(SEVEN_B.model_copy(update={"size": None}))
    full = estimate(config({"name": "full"}), unknown).memory_mb
    assert estimate(config(QLORA, gradient_checkpointing=True), unknown).memory_mb == full


@pytest.mark.parametrize(
    ("facts", "precision", "method", "training", "found"),
    [
        ({}, "bf16", QLORA, {"gradient_checkpointing": True}, {}),
        ({}, "fp32", QLORA, {}, {"method.dtype": "precision_of_phase"}),
        ({}, "fp32", LORA | {"load_in_4bit": True}, {}, {}),
        (
            {"family": "encoder"},
            "bf16",
            QLORA,
            {},
            {"method.dtype": "field_not_for_model", "method.load_in_4bit": "field_not_for_model"},
        ),
        ({"family": "encoder"}, "bf16", LORA, {}, {}),
        (
            {"checkpointed": 0},
            "bf16",
            LORA,
            {"gradient_checkpointing": True},
            {"training.gradient_checkpointing": "no_checkpoints"},
        ),
        ({"checkpointed": 0}, "bf16", LORA, {}, {}),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_reason(
    facts: dict[str, Any], precision: str, method: Any, training: dict[str, Any], found: dict[str, str]
) -> None:
    against = terms(SEVEN_B.model_copy(update=facts), megabytes=1_000_000, precision=Precision(precision))
    assert refused(check(config(method, **training), against)) == found


def test_a_backbone_that_trains_has_no_such_fields() -> None:
    from training_worker.contract.config import ConfigInvalid

    with pytest.raises(ConfigInvalid) as caught:
        config({"name": "full", "dtype": "bfloat16"})
    assert refused(caught.value.errors) == {"method.dtype": "unknown_field"}
