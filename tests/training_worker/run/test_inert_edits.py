"""Luck cannot be re-rolled: with one seed for all configs, an edit without effect gives the very same result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import make_config, weights_of
from training_worker.contract.canonical import derive_seed
from training_worker.contract.config import parse_config
from training_worker.contract.limits import Budget, ChallengeLimits, DataSize, Terms, read_config
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import PREDICTIONS

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
NOISE, FGM = {"name": "noise_injection"}, {"name": "fgm"}
EDITS = list(
    product(
        (10, 11, 20),  # patience that never fires
        ((24, 0.0), (24, 0.3), (100, 0.1), (512, 0.5)),  # nothing is cut at 24; no warm-up under `constant`
        (0.0, 60.0, 100.0),  # clipping that never clips
        ((NOISE, FGM), (FGM, NOISE)),
    )
)


def edited(patience: int, lengths: tuple[int, float], norm: float, techniques: Any) -> dict[str, Any]:
    max_length, warmup = lengths
    return make_config(
        "full",
        techniques,
        num_train_epochs=1,
        learning_rate=5e-3,
        head_init="random",
        lr_scheduler_type="constant",
        early_stopping_patience=patience,
        max_length=max_length,
        warmup_steps=warmup,
        max_grad_norm=norm,
    )


def result_of(output: Path) -> str:
    parts = [(output / PREDICTIONS).read_bytes(), *weights_of(output).values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def test_fifty_inert_edits_give_one_result(run_job: RunJob) -> None:
    """Trained as written, without the canonical form that would make most of them one config."""
    assert len(EDITS) >= 50
    seed = derive_seed(secret=b"event", data="v1", replicate=0)
    runs = [run_job(in_order(edited(*edit)), seed=seed) for edit in EDITS]
    assert all(result.telemetry.best_step > 0 for result, _, _ in runs), "or only the weights before training compare"
    (found,) = {result_of(output) for _, output, _ in runs}
    assert result_of(run_job(in_order(edited(10, (24, 0.0), 1e-2, (NOISE, FGM))), seed=seed)[1]) != found


def in_order(config: dict[str, Any]) -> dict[str, Any]:
    """The run gets its techniques in the order in which they apply; nothing else is changed."""
    return config | {"techniques": sorted(config["techniques"], key=lambda one: [NOISE, FGM].index(one))}


def test_the_longest_example_is_measured_and_makes_lengths_one(run_job: RunJob) -> None:
    base, _, _ = run_job(None)
    longest = base.longest_example
    assert longest == 15  # thirteen words, each a token, and two special ones
    limits = ChallengeLimits(base_models=("tiny",), methods=("full",), budget=Budget(max_steps=1000))
    size = DataSize(train_examples=96)
    terms = Terms(task=TASKS["text-classification"], limits=limits, size=size, longest={"tiny": longest})
    known = [read_config(make_config("full", max_length=length), terms) for length in (15, 16, 128, 512)]
    assert len(set(map(str, known))) == 1
    assert str(read_config(make_config("full", max_length=14), terms)) != str(known[0])
    cut, whole, asked = (
        result_of(run_job(make_config("full", num_train_epochs=1, max_length=length))[1]) for length in (14, 15, 512)
    )
    assert cut != whole == asked
    assert parse_config(known[0].model_dump(mode="json")) == known[0]
