"""The node's health check: joined and running, or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.stack import REPOSITORY
from training_worker.node.health import problem
from training_worker.node.settings import Identity, NodeFolder


def test_healthy_only_while_a_joined_node_holds_its_folder(tmp_path: Path) -> None:
    assert "not joined" in problem(tmp_path)
    folder = NodeFolder(tmp_path)
    folder.open()
    assert "not joined" in problem(tmp_path)
    folder.save_identity(Identity(site_url="http://site", node_id="1", worker_token="t"))
    assert problem(tmp_path) == ""
    assert _run(tmp_path) == 0
    folder.close()
    assert "no worker runs" in problem(tmp_path)
    assert _run(tmp_path) == 1
    (tmp_path / "lock").unlink()
    assert "never been started" in problem(tmp_path)


def test_a_check_does_not_keep_the_folder(tmp_path: Path) -> None:
    (tmp_path / "node.json").write_text("{}")
    (tmp_path / "lock").touch()
    assert "no worker runs" in problem(tmp_path)
    folder = NodeFolder(tmp_path)
    folder.open()  # does not raise
    folder.close()


def _run(folder: Path) -> int:
    argv = [sys.executable, "-m", "training_worker.node.health"]
    env = os.environ | {"HACKTUNE_WORKER_DATA": str(folder)}
    return subprocess.run(argv, cwd=REPOSITORY, env=env, capture_output=True, check=False).returncode
