"""The demo as a process: refusals, its end by signal, and (long) the whole of it, twice on the same data."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from evaluation.demo import fetch
from evaluation.demo.datasets.bundle import FETCHED
from evaluation.demo.options import HOST, REPOSITORY
from hackathon.serving.supervisor import Supervisor
from tests.stack import eventually, free_port


@pytest.fixture(scope="module")
def _dataset() -> None:
    """The demo's data, which lies outside of the demo's folder and is fetched once."""
    try:
        fetch.fetch(FETCHED / "film-critics")
    except fetch.FetchFailed as error:
        pytest.skip(f"the demo's data set could not be fetched: {error}")


@contextmanager
def demo(data: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A running demo with its output as text; killed at the end if it still watching."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HACKTUNE", "DJANGO"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "evaluation.demo"],
        env=environment | {"PORT": str(port), "DATA": str(data)} | more,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    """Read the output up to a line that holds `text`."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if text in line:
            return
    raise AssertionError("".join(seen))


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def assert_nothing_is_left(data: Path, processes: list[psutil.Process]) -> None:
    """None of the processes lives, and the folder's lock, which each of them inherited, is free."""
    assert processes
    _gone, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
    Supervisor(data, lock_timeout=5).stop()


@pytest.mark.fault
def test_a_busy_port_is_a_clear_message_and_nothing_is_made(tmp_path: Path) -> None:
    with closing(socket.socket()) as server:
        server.bind((HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        with demo(tmp_path / "data", port) as process:
            output, _none = process.communicate(timeout=30)
    assert process.returncode == 2
    assert output.startswith(f"Port {port} is in use. Choose another one: make demo PORT=")
    assert not (tmp_path / "data").exists()


@pytest.mark.fault
def test_a_folder_in_use_is_a_clear_message(tmp_path: Path) -> None:
    with Supervisor(tmp_path), demo(tmp_path, free_port(), RESET="1") as process:
        output, _none = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"{tmp_path} is in use by another run" in output


@pytest.mark.fault
@pytest.mark.usefixtures("_dataset")
@pytest.mark.parametrize(
    ("number", "once", "code"),
    [(signal.SIGINT, "", 0), (signal.SIGTERM, "1", 130), (signal.SIGKILL, "", -signal.SIGKILL)],
)
def test_no_process_is_left_however_the_demo_is_ended(tmp_path: Path, number: int, once: str, code: int) -> None:
    with demo(tmp_path, free_port(), ONCE=once) as process:
        wait_for(process, "configs submitted")
        eventually("the worker's template is up", lambda: len(descendants(process)) >= 12)
        processes = descendants(process)
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert_nothing_is_left(tmp_path, processes)


@pytest.mark.fault
@pytest.mark.usefixtures("_dataset")
def test_a_service_that_dies_ends_the_whole_and_says_which(tmp_path: Path) -> None:
    with demo(tmp_path, free_port()) as process:
        wait_for(process, "configs submitted")
        processes = descendants(process)
        broker = next(child for child in processes if "valkey" in child.name())
        broker.kill()
        output, _none = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "The demo cannot go on: broker was killed by signal 9" in output
        assert_nothing_is_left(tmp_path, processes)


def rows(data: Path) -> dict[str, int]:
    """How many rows each table of the domain has."""
    tables = "hackathon_user hackathon_challengedata hackathon_phase hackathon_basemodel hackathon_apitoken teams_team"
    tables += " teams_membership submissions_submission submissions_job submissions_node evaluation_result"
    tables += " evaluation_leaderboardentry evaluation_reference"
    with closing(sqlite3.connect(f"file:{data / 'db.sqlite3'}?mode=ro", uri=True)) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables.split()}


@pytest.mark.long
@pytest.mark.usefixtures("_dataset")
def test_the_whole_demo_and_again_on_the_same_data(tmp_path: Path) -> None:
    with demo(tmp_path, free_port(), ONCE="1") as process:
        output, _none = process.communicate(timeout=1500)
    assert process.returncode == 0, output
    first = json.loads(output.splitlines()[-1])
    assert first["scored"] == 3
    assert {row["method"] for row in first["rows"]} == {"head", "lora", "full"}
    before = rows(tmp_path)
    assert before["submissions_submission"] == 4
    assert before["evaluation_leaderboardentry"] == 3
    started = time.monotonic()
    with demo(tmp_path, free_port(), ONCE="1") as process:  # another port, too
        output, _none = process.communicate(timeout=300)
    assert process.returncode == 0, output
    second = json.loads(output.splitlines()[-1])
    assert second["rows"] == first["rows"]
    assert second["seconds_to_all"] < time.monotonic() - started
    assert rows(tmp_path) == before
