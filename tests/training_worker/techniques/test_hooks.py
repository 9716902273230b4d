"""Every hook is called in a run, in the techniques' order, and what it does shows in the outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import NUMBERS, TAGS, make_config, weights_of

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
NOISE, FGM = {"name": "noise_injection"}, {"name": "fgm", "epsilon": 1.0}


@pytest.mark.parametrize("task", ["text-classification", NUMBERS, TAGS])
@pytest.mark.parametrize("technique", [NOISE, FGM], ids=["noise_injection", "fgm"])
def test_a_technique_changes_what_is_learned_and_repeats(run_job: RunJob, task: str, technique: Any) -> None:
    plain, without, _ = run_job(make_config("full", learning_rate=1e-3), task=task)
    result, first, _ = run_job(make_config("full", (technique,), learning_rate=1e-3), task=task)
    _, second, _ = run_job(make_config("full", (technique,), learning_rate=1e-3), task=task)
    assert weights_of(first) == weights_of(second) != weights_of(without)
    assert result.steps == plain.steps * (2 if technique is NOISE else 1)


def test_a_frozen_backbone_learns_from_the_changed_rows(run_job: RunJob, tmp_path: Path) -> None:
    """Its features are other ones than those of the plain rows, which are on the node already."""
    shared = tmp_path / "shared"
    plain, without, _ = run_job(make_config("head"), features=shared)
    noisy, with_noise, _ = run_job(make_config("head", (NOISE,)), features=shared)
    assert noisy.steps == 2 * plain.steps
    assert weights_of(without) != weights_of(with_noise)


def test_hooks_are_called_at_their_moments(run_job: RunJob, monkeypatch: pytest.MonkeyPatch) -> None:
    from training_worker import techniques
    from training_worker.techniques.base import Technique

    calls: list[str] = []

    class Recorder(Technique):
        def rows(self, rows: list[Any]) -> list[Any]:
            calls.append(f"{self.config.name} rows {len(rows)}")
            return rows[:32]

        def before_training(self, model: Any) -> None:
            calls.append(f"{self.config.name} before")

        def step_loss(self, model: Any, loss: Any) -> Any:
            calls.append(f"{self.config.name} step")
            return loss()

        def around_training(self, train: Any) -> Any:
            calls.append(f"{self.config.name} begins")
            done = train()
            calls.append(f"{self.config.name} ends")
            return done

        def after_training(self, model: Any) -> None:
            calls.append(f"{self.config.name} after")
            model.top.linear.weight.data.zero_()
            model.top.linear.bias.data.zero_()

    monkeypatch.setattr(techniques, "load_technique", lambda name: Recorder)
    result, _, _ = run_job(make_config("full", (NOISE, FGM), num_train_epochs=1))
    step = ["noise_injection step", "fgm step"]
    assert result.steps == 2
    assert calls == [
        "noise_injection rows 96", "fgm rows 32",
        "noise_injection before", "fgm before",
        "noise_injection begins", "fgm begins", *step, *step, "fgm ends", "noise_injection ends",
        "noise_injection after", "fgm after",
    ]  # fmt: skip
    assert result.validation["accuracy"] == 0.5, "the zeroed top answers the same for all"
