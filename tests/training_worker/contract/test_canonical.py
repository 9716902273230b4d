"""One intent, one canonical form, one hash, one seed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_worker.contract.canonical import (
    canonical,
    canonical_json,
    config_hash,
    derive_base_seed,
    derive_seed,
    run_key,
    snap_rate,
    snap_scale,
)
from training_worker.contract.config import SubmissionConfig, TrainingArguments, parse_config
from training_worker.contract.tasks import TASKS, TaskSpec


def config(method: dict[str, Any] | None = None, **training: Any) -> SubmissionConfig:
    return parse_config({"base_model": "m", "method": method or {"name": "full"}, "training": training})


methods = st.one_of(
    st.just({"name": "full"}),
    st.just({"name": "head"}),
    st.fixed_dictionaries(
        {
            "name": st.just("lora"),
            "r": st.integers(1, 64),
            "lora_alpha": st.integers(1, 256),
            "lora_dropout": st.floats(0, 0.9),
        }
    ),
)
trainings = st.fixed_dictionaries(
    {
        "learning_rate": st.floats(1e-8, 1.0),
        "weight_decay": st.floats(0.0, 1.0),
        "warmup_steps": st.floats(0.0, 0.5),
        "max_grad_norm": st.floats(0.0, 100.0),
        "label_smoothing_factor": st.floats(0.0, 0.5),
        "lr_scheduler_type": st.sampled_from(["linear", "cosine", "constant", "constant_with_warmup"]),
        "optim": st.sampled_from(["adamw", "sgd"]),
        "momentum": st.floats(0.0, 0.99),
        "layerwise_lr_decay": st.floats(0.5, 1.0),
        "focal_gamma": st.floats(0.0, 5.0),
        "dropout": st.none() | st.floats(0.0, 0.9),
        "ema_decay": st.floats(0.0, 0.9999),
        "swa_start": st.floats(0.0, 0.99),
        "early_stopping_patience": st.integers(0, 3),
        "load_best_model_at_end": st.booleans(),
    }
)


@given(st.floats(0.0, 100.0))
def test_snapping_is_idempotent(value: float) -> None:
    assert snap_scale(snap_scale(value)) == snap_scale(value)
    if value <= 1:
        assert snap_rate(snap_rate(value)) == snap_rate(value)


@given(st.floats(1e-8, 100.0))
def test_snapping_moves_a_scale_by_less_than_a_tenth(value: float) -> None:
    assert abs(snap_scale(value) / value - 1) <= 0.126


@pytest.mark.parametrize("value", [0.0, 1e-5, 2e-5, 3e-5, 5e-5, 1.5e-4, 2e-4, 5e-3, 0.01, 0.1, 1.0, 2.5, 9.5, 100.0])
def test_usual_values_survive(value: float) -> None:
    assert snap_scale(value) == value


@given(methods, trainings)
def test_canonical_is_idempotent_legal_and_decides_the_hash(method: dict[str, Any], training: dict[str, Any]) -> None:
    once = canonical(config(method, **training))
    assert canonical(once) == once
    assert parse_config(once.model_dump()) == once
    assert config_hash(once) == config_hash(config(method, **training))


def test_equal_intent_gives_one_hash_and_another_intent_another() -> None:
    assert config_hash(config()) == config_hash(config(learning_rate=2e-4, num_train_epochs=3))
    assert config_hash(config(learning_rate=2e-4)) == config_hash(config(learning_rate=2.0000001e-4))
    assert config_hash(config(learning_rate=2e-4)) != config_hash(config(learning_rate=3e-4))
    assert config_hash(config({"name": "full"})) != config_hash(config({"name": "head"}))
    for idle in (
        [config(lr_scheduler_type="constant", warmup_steps=share) for share in (0.0, 0.3)],
        [config(momentum=value) for value in (0.0, 0.9)],
        [config(early_stopping_patience=2, load_best_model_at_end=value) for value in (False, True)],
        [config({"name": "head"}, layerwise_lr_decay=value) for value in (0.7, 1.0)],
    ):
        assert config_hash(idle[0]) == config_hash(idle[1])
    assert config_hash(config(optim="sgd")) != config_hash(config(optim="sgd", momentum=0.0))


techniques = st.lists(
    st.one_of(
        st.fixed_dictionaries({"name": st.just("fgm"), "epsilon": st.floats(0.01, 10.0)}),
        st.fixed_dictionaries(
            {"name": st.just("noise_injection"), "probability": st.floats(0.01, 0.5), "copies": st.integers(1, 4)}
        ),
    ),
    unique_by=lambda one: one["name"],
)


@given(techniques)
def test_techniques_are_sorted_by_stage_snapped_and_stay_legal(chosen: list[dict[str, Any]]) -> None:
    once = canonical(config().model_copy(update={"techniques": parsed(chosen)}))
    assert canonical(once) == once
    assert parse_config(once.model_dump()) == once
    assert [one.stage for one in once.techniques] == sorted(one.stage for one in once.techniques)
    assert once == canonical(config().model_copy(update={"techniques": parsed(chosen[::-1])}))


def parsed(chosen: list[dict[str, Any]]) -> tuple[Any, ...]:
    return parse_config({"base_model": "m", "method": {"name": "full"}, "techniques": chosen}).techniques


def test_numbers_of_techniques_are_snapped() -> None:
    chosen = parsed([{"name": "fgm", "epsilon": 1.23}, {"name": "noise_injection", "probability": 0.123}])
    noise, fgm = canonical(config().model_copy(update={"techniques": chosen})).techniques
    assert (noise.model_dump()["probability"], fgm.model_dump()["epsilon"]) == (0.12, 1.2)


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_what_a_task_does_not_use_is_at_its_default(task: TaskSpec) -> None:
    smooth = config(label_smoothing_factor=0.2, max_length=64)
    kept = canonical(smooth, task)
    for field in task.idle_fields:
        name = field.removeprefix("training.")
        assert getattr(kept.training, name) == type(kept.training).model_fields[name].default
    is_idle = "training.label_smoothing_factor" in task.idle_fields
    assert (config_hash(kept) == config_hash(canonical(config(max_length=64), task))) is is_idle
    assert canonical(kept, task) == kept == canonical(kept)


def test_every_unused_field_of_a_task_is_a_training_argument() -> None:
    unused = [field.removeprefix("training.") for task in TASKS.values() for field in task.idle_fields]
    assert set(unused) <= set(TrainingArguments.model_fields)
    assert all(not TrainingArguments.model_fields[name].is_required() for name in unused)


def test_canonical_json_is_stable_text() -> None:
    text = canonical_json(canonical(config()))
    assert text.startswith(
        '{"base_model":"m","method":{"name":"full"},"techniques":[],"training":{"class_weight":"none",'
    )
    assert " " not in text


def test_every_part_of_the_run_key_counts() -> None:
    parts: dict[str, Any] = {
        "config": "c",
        "model": "m",
        "data": "d",
        "recipe": "r",
        "precision": "p",
        "budget": "b",
        "replicate": 0,
    }
    keys = {run_key(**parts)} | {run_key(**parts | {name: 1 if name == "replicate" else "x"}) for name in parts}
    assert len(keys) == 8
    assert run_key(**parts | {"config": "cm", "model": ""}) != run_key(**parts)


@given(st.binary(min_size=1, max_size=40), st.text(max_size=20), st.integers(0, 9))
def test_seeds_are_repeatable_and_fit(secret: bytes, data: str, replicate: int) -> None:
    seed = derive_seed(secret=secret, data=data, replicate=replicate)
    assert 0 <= seed < 2**31
    assert seed == derive_seed(secret=secret, data=data, replicate=replicate)
    assert seed != derive_seed(secret=secret, data=data, replicate=replicate + 1)
    assert seed != derive_seed(secret=secret + b"x", data=data, replicate=replicate)
    assert seed != derive_base_seed(secret=secret, data=data)
