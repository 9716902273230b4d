"""The health check of our containers: one bad answer is forgiven, three end the container's program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hackathon.serving import healthcheck

INIT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, lambda *_: None)
program = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
program.stdout.readline()
print("ready", flush=True)
sys.exit(program.wait() != -9)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(healthcheck, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(healthcheck, "TRY_SECONDS", 1.0)


@pytest.mark.parametrize(("failures", "expected"), [(0, True), (2, True), (3, False)])
def test_it_is_ill_after_three_bad_answers_in_a_row(tmp_path: Path, failures: int, expected: bool) -> None:
    tried = tmp_path / "tried"
    script = f'echo >> {tried}; test "$(wc -l < {tried})" -gt {failures}'
    assert healthcheck.is_healthy(["sh", "-c", script]) is expected
    assert len(tried.read_text()) == min(failures + 1, 3)


def test_a_check_that_never_answers_is_a_bad_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "TRY_SECONDS", 0.05)
    assert not healthcheck.is_healthy(["sleep", "60"])


def test_what_ignores_the_request_to_end_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", INIT, STUBBORN], stdout=subprocess.PIPE) as init:
        assert init.stdout is not None
        init.stdout.readline()
        healthcheck.end(init.pid)
        assert init.wait(10) == 0


@pytest.mark.parametrize(("command", "code"), [("true", 0), ("false", 1)])
def test_only_what_is_ill_is_ended(monkeypatch: pytest.MonkeyPatch, command: str, code: int) -> None:
    ended: list[int] = []
    monkeypatch.setattr(healthcheck, "end", ended.append)
    monkeypatch.setattr(sys, "argv", ["healthcheck", command])
    assert (healthcheck.main(), ended) == (code, [1] * code)
