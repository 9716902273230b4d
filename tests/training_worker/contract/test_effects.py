"""What has no effect on a data version is no other config."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training_worker.contract.challenge import LIMITS, SIZE, make
from training_worker.contract.base import Range
from training_worker.contract.canonical import canonical, config_hash
from training_worker.contract.config import SubmissionConfig, TrainingArguments, parse_config
from training_worker.contract.effects import MOST_VALIDATIONS, Known, warm_up, without_idle
from training_worker.contract.limits import Terms, check, read_config
from training_worker.contract.tasks import TASKS

OPEN = LIMITS.model_copy(update={"ranges": {}, "methods": ("full", "head", "lora"), "max_batch_cost": 131_072})
TERMS = Terms(task=TASKS["text-classification"], limits=OPEN, size=SIZE, longest={"m": 41})


def read(terms: Terms = TERMS, **training: Any) -> SubmissionConfig:
    return read_config(make(**training), terms)


@pytest.mark.parametrize(
    ("field", "values", "kept"),
    [
        ("early_stopping_patience", (10, 11, 15, 20), 0),  # as `load_best_model_at_end`
        ("max_length", (41, 42, 64, 128, 512), 41),
        ("max_length", (40,), 40),
        ("early_stopping_patience", (9,), 9),
        ("early_stopping_patience", (0,), 0),
        ("warmup_steps", (0.06, 0.07, 0.09, 0.1), 0.06),  # two of 20 steps
        ("warmup_steps", (0.0,), 0.0),
    ],
)
def test_values_beyond_the_last_that_matters_are_one(field: str, values: tuple[float, ...], kept: float) -> None:
    settings = {"per_device_train_batch_size": 80, "num_train_epochs": 1}
    found = {getattr(read(**settings | {field: value}).training, field) for value in values}
    assert found == {kept}
    assert len({config_hash(read(**settings | {field: value})) for value in values}) == 1


def test_a_batch_of_more_than_all_examples_holds_all() -> None:
    few = TERMS.model_copy(update={"size": SIZE.model_copy(update={"train_examples": 100})})
    assert {
        read(few, per_device_train_batch_size=size).training.per_device_train_batch_size for size in (100, 256)
    } == {100}
    noise = make(per_device_train_batch_size=256) | {"techniques": [{"name": "noise_injection", "copies": 1}]}
    assert read_config(noise, few).training.per_device_train_batch_size == 200


def test_a_step_of_more_than_all_batches_has_all() -> None:
    few = TERMS.model_copy(update={"size": SIZE.model_copy(update={"train_examples": 100})})
    found = [read(few, per_device_train_batch_size=32, gradient_accumulation_steps=n).training for n in (3, 4, 5, 256)]
    assert [one.gradient_accumulation_steps for one in found] == [3, 4, 4, 4]
    alone = read(few, per_device_train_batch_size=256, gradient_accumulation_steps=8).training
    assert (alone.per_device_train_batch_size, alone.gradient_accumulation_steps) == (100, 1)


def test_a_frozen_backbone_has_nothing_to_compute_again() -> None:
    frozen, trained = (
        read_config(make(method={"name": name}, gradient_checkpointing=True), TERMS) for name in ("head", "lora")
    )
    assert (frozen.training.gradient_checkpointing, trained.training.gradient_checkpointing) == (False, True)


def test_patience_of_a_run_of_few_steps() -> None:
    """Three steps are three validations: a patience of three could only end the run at its end."""
    few = TERMS.model_copy(update={"size": SIZE.model_copy(update={"train_examples": 90})})
    settings = {"per_device_train_batch_size": 32, "num_train_epochs": 1}
    patiences = [read(few, early_stopping_patience=value, **settings).training for value in (2, 3, 4, 20)]
    assert [one.early_stopping_patience for one in patiences] == [2, 0, 0, 0]
    assert [one.load_best_model_at_end for one in patiences] == [False, True, True, True]
    named = read(few, load_best_model_at_end=True, **settings).training
    assert named == patiences[1]
    assert read(few, early_stopping_patience=2, load_best_model_at_end=True, **settings).training == patiences[0]


def test_a_least_patience_of_the_challenge_stays() -> None:
    least = {"training.early_stopping_patience": Range(min=2, max=20)}
    limits = TERMS.limits.model_copy(update={"ranges": least})
    few = TERMS.model_copy(update={"size": SIZE.model_copy(update={"train_examples": 90}), "limits": limits})
    found = read(few, early_stopping_patience=7, per_device_train_batch_size=32, num_train_epochs=1).training
    assert (found.early_stopping_patience, found.load_best_model_at_end) == (3, False)


def test_examples_that_may_grow_keep_their_length() -> None:
    noise = make(max_length=128) | {"techniques": [{"name": "noise_injection"}]}
    assert read_config(noise, TERMS).training.max_length == 128
    fgm = make(max_length=128) | {"techniques": [{"name": "fgm"}]}
    assert read_config(fgm, TERMS).training.max_length == 41


def test_a_length_that_was_not_measured_is_kept() -> None:
    assert read(TERMS.model_copy(update={"longest": {}}), max_length=512).training.max_length == 512
    assert read(TERMS.model_copy(update={"longest": {"n": 41}}), max_length=512).training.max_length == 512


def test_the_value_kept_is_one_that_the_challenge_allows() -> None:
    ranges = {
        "training.max_length": Range(min=63.5, max=256),
        "training.early_stopping_patience": Range(min=12, max=20),
        "training.warmup_steps": Range(min=0.08, max=0.2),
        "training.per_device_train_batch_size": Range(min=64, max=256),
    }
    terms = TERMS.model_copy(
        update={
            "limits": OPEN.model_copy(update={"ranges": ranges}),
            "size": SIZE.model_copy(update={"train_examples": 50}),
        }
    )
    asked = {"max_length": 128, "early_stopping_patience": 15, "warmup_steps": 0.2, "per_device_train_batch_size": 128}
    once = read(terms, **asked)
    assert [getattr(once.training, name) for name in asked] == [64, 12, 0.08, 64]
    assert check(once, terms) == []
    assert read_config(once.model_dump(mode="json"), terms) == once


def test_a_warm_up_of_no_step_is_none() -> None:
    without = canonical(parse_config(make(lr_scheduler_type="constant_with_warmup", warmup_steps=0.0)))
    assert without == canonical(parse_config(make(lr_scheduler_type="constant", warmup_steps=0.3)))


@given(
    st.builds(
        Known,
        examples=st.integers(0, 400),
        steps=st.integers(0, 400),
        longest=st.one_of(st.none(), st.integers(1, 512)),
    ),
    st.integers(1, 256),
    st.integers(1, 256),
    st.integers(8, 512),
    st.integers(0, 20),
    st.integers(0, 50),
)
def test_nothing_grows_and_twice_is_once(
    known: Known, batch: int, batches: int, length: int, patience: int, percent: int
) -> None:
    asked = TrainingArguments(
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=batches,
        max_length=length,
        early_stopping_patience=patience,
        warmup_steps=percent / 100,
    )
    once = without_idle(asked, known)
    assert without_idle(once, known) == once
    assert TrainingArguments.model_validate(once.model_dump()) == once
    assert once.per_device_train_batch_size <= batch
    assert once.gradient_accumulation_steps <= batches
    assert once.max_length <= length
    assert once.keeps_best == (patience > 0)
    never = patience >= min(MOST_VALIDATIONS, max(1, known.steps))
    assert once.early_stopping_patience == (0 if never else patience)
    assert warm_up(once.warmup_steps, known.steps) == warm_up(asked.warmup_steps, known.steps)
    examples = max(1, known.examples)
    assert math.ceil(examples / once.per_device_train_batch_size) == math.ceil(examples / batch)
    assert math.ceil(examples / once.examples_per_step) == math.ceil(examples / (batch * batches))
