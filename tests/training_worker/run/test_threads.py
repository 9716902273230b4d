"""Threads of a run: a top on kept features has one, all else has those of the node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import make_config

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]


@pytest.mark.parametrize(("method", "training"), [("head", 1), ("full", 2)])
def test_a_top_trains_on_one_thread_and_features_have_all(
    run_job: RunJob, monkeypatch: pytest.MonkeyPatch, method: str, training: int
) -> None:
    import torch

    from training_worker.run import run as of_run
    from training_worker.run.training import Loop

    seen: dict[str, set[int]] = {"train": set(), "features": set()}
    train, compute = Loop.run, of_run.frozen_features

    def trained(loop: Any) -> Any:
        seen["train"].add(torch.get_num_threads())
        return train(loop)

    def computed(*given: Any) -> Any:
        seen["features"].add(torch.get_num_threads())
        return compute(*given)

    monkeypatch.setattr(Loop, "run", trained)
    monkeypatch.setattr(of_run, "frozen_features", computed)
    result, _, _ = run_job(make_config(method), threads=2)
    assert seen == {"train": {training}, "features": {2}}
    assert "2" in result.telemetry.device
    assert torch.get_num_threads() == 2
