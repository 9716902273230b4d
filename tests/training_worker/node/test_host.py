"""Nodes of one machine count each other and share its processors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stack import REPOSITORY
from training_worker.node import host
from training_worker.node.host import HostNodes
from training_worker.node.settings import child_environment, read_settings

MINIMAL = ["--site", "http://x", "--broker", "redis://x"]


@pytest.fixture(autouse=True)
def eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "processors", lambda: 8)


@pytest.mark.parametrize(("nodes", "threads"), [(1, 8), (2, 4), (3, 2), (9, 1)])
def test_each_node_gets_its_share(tmp_path: Path, nodes: int, threads: int) -> None:
    running = [HostNodes(tmp_path / "nodes") for _ in range(nodes)]
    for node in running:
        node.join()
    assert [node.threads() for node in running] == [threads] * nodes
    for node in running[1:]:
        node.leave()
    assert running[0].threads() == 8
    running[0].leave()
    assert list((tmp_path / "nodes").iterdir()) == []


def test_a_node_that_was_killed_counts_no_more_and_its_file_goes(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from training_worker.node.host import HostNodes;"
        "node = HostNodes(pathlib.Path(sys.argv[1])); node.join(); print('joined', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "joined\n"
        node = HostNodes(tmp_path)
        node.join()
        assert node.count() == 2
        other.kill()
    assert node.count() == 1
    (left,) = (path for path in tmp_path.iterdir() if path.name.startswith(f"{other.pid}-"))
    os.utime(left, (time.time() - 61,) * 2)
    assert node.count() == 1
    assert not left.exists()
    node.leave()


def test_what_others_put_into_the_folder_neither_counts_nor_holds_a_node_up(tmp_path: Path) -> None:
    node = HostNodes(tmp_path)
    node.join()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    assert node.count() == 1
    node.leave()


def test_where_the_folder_cannot_be_used_a_node_is_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    node = HostNodes(tmp_path / "file" / "nodes")
    node.join()
    assert (node.count(), node.threads()) == (1, 8)
    node.leave()


def test_the_operators_number_holds() -> None:
    chosen = read_settings(MINIMAL, {"HACKTUNE_THREADS": "3"})
    assert (chosen.threads, child_environment({}, chosen)["OMP_NUM_THREADS"]) == (3, "3")
    assert read_settings(MINIMAL, {}).threads == 0
