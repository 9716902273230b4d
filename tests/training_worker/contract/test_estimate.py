"""What a run will need, and what is too much together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training_worker.contract.challenge import LIMITS, SPEED, make, refused, terms
from training_worker.contract.config import parse_config
from training_worker.contract.limits import Budget, DataSize, Terms, check, estimate
from training_worker.contract.tasks import TASKS


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
    assert frozen.memory_mb == 500.0


def test_what_does_not_fit_in_full_may_fit_as_head() -> None:
    """The frozen run has figures of its own: those of `full` say nothing of it."""
    limits = LIMITS.model_copy(update={"budget": Budget(max_memory_mb=600), "methods": ("full", "head", "lora")})
    full, head = (make(method={"name": name}, per_device_train_batch_size=16) for name in ("full", "head"))
    assert refused(full, limits, SPEED) == {"training.max_length": "exceeds_budget"}
    assert refused(head, limits, SPEED) == {}
    assert refused(head | {"training": {"per_device_train_batch_size": 256, "max_length": 64}}, limits, SPEED) == {}
    smaller = limits.model_copy(update={"budget": Budget(max_memory_mb=499)})
    assert refused(head, smaller, SPEED) == {"base_model": "exceeds_budget"}


def test_techniques_make_a_run_longer() -> None:
    plain = make(per_device_train_batch_size=16, num_train_epochs=3)
    noise, fgm = {"name": "noise_injection", "copies": 2}, {"name": "fgm"}
    known = terms(speed=SPEED)
    training, testing = 3 * 1600 * 27 / 2000, 2000 * 27 / 6000
    for techniques, steps, seconds in [
        ([], 300, training + testing),
        ([noise], 900, 3 * training + testing),
        ([fgm], 300, 2 * training + testing),
        ([fgm, noise], 900, 6 * training + testing),
    ]:
        found = estimate(parse_config(plain | {"techniques": techniques}), known)
        assert found.steps == steps
        assert found.seconds == pytest.approx(seconds, abs=0.1)
    limits = LIMITS.model_copy(update={"budget": Budget(max_steps=600)})
    assert refused(plain, limits) == {}
    assert refused(plain | {"techniques": [noise]}, limits) == {"training.num_train_epochs": "exceeds_budget"}


def test_an_image_costs_the_same_whatever_max_length_says() -> None:
    task = TASKS["text-classification"].model_copy(update={"unit": "kilopixels"})
    size = DataSize(train_examples=1600, mean_cost=50.0)
    limits = LIMITS.model_copy(update={"max_batch_cost": 700})
    pictures = Terms(task=task, limits=limits, size=size, speeds={"m": SPEED})
    (error,) = check(parse_config(make(per_device_train_batch_size=16, max_length=8)), pictures)
    assert (error.field, error.message) == (
        "training.per_device_train_batch_size",
        "16 examples × 50 = 800 kilopixels a batch.",
    )
    assert check(parse_config(make(per_device_train_batch_size=14, max_length=64)), pictures) == []


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
