"""A run that is cut by its hard time limit: what it is told and charged, where it had its node to itself and not."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from training_worker.contract.limits import Budget
from training_worker.contract.sentences import HARD_WALL, HINTS, SHARED_NODE, SHARED_NODE_HINT
from training_worker.contract.wire import FailureCode, JobFailure
from training_worker.node import watchdog
from training_worker.node.host import waited_seconds
from training_worker.node.template import Child

BUDGET = Budget(max_steps=10, max_seconds=1, max_memory_mb=100_000)


def cut(monkeypatch: pytest.MonkeyPatch, waited: float) -> JobFailure:
    """The verdict on a process that does not end, and that waited so long for a processor."""
    monkeypatch.setattr(watchdog, "waited_seconds", lambda _pid: waited)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        dog = watchdog.Watchdog(cast(Child, SimpleNamespace(process=process)), BUDGET, threading.Event())
        dog.started -= BUDGET.hard_wall_seconds
        dog.start()
        dog.join(30)
        assert process.wait(30) != 0
    assert dog.verdict is not None
    assert dog.verdict.code is FailureCode.TIME_LIMIT
    return dog.verdict


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_a_run_that_had_its_node_pays_for_all_of_it(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    wall = BUDGET.hard_wall_seconds
    verdict = cut(monkeypatch, share * wall)
    assert (verdict.message, verdict.hint) == (HARD_WALL(seconds=f"{wall:g}"), HINTS["time_limit"])
    assert verdict.compute_seconds >= wall


def test_a_run_on_a_shared_node_is_told_and_pays_for_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = BUDGET.hard_wall_seconds
    verdict = cut(monkeypatch, 0.6 * wall)
    assert verdict.message == SHARED_NODE(seconds=f"{wall:g}", waited=f"{0.6 * wall:.0f}")
    assert verdict.hint == SHARED_NODE_HINT
    assert 0.4 * wall <= verdict.compute_seconds < wall
    assert cut(monkeypatch, 1000 * wall).compute_seconds == 0


def test_the_wait_is_that_of_the_thread_that_waited_most(tmp_path: Path) -> None:
    for thread, text in {"7": "5000000000 2500000000 9\n", "8": "0 4000000000 3\n"}.items():
        (tmp_path / "7" / "task" / thread).mkdir(parents=True)
        (tmp_path / "7" / "task" / thread / "schedstat").write_text(text)
    assert waited_seconds(7, tmp_path) == 4.0
    assert waited_seconds(8, tmp_path) == 0.0


@pytest.mark.parametrize("text", ["", "1", "a b c"])
def test_a_system_that_does_not_tell_counts_as_no_wait(tmp_path: Path, text: Any) -> None:
    (tmp_path / "7" / "task" / "7").mkdir(parents=True)
    (tmp_path / "7" / "task" / "7" / "schedstat").write_text(text)
    assert waited_seconds(7, tmp_path) == 0.0
