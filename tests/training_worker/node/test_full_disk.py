"""A node whose disk is full takes no job, says why, and goes on once there is room."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.training_worker.conftest import Jobs, Worker
from tests.training_worker.fake_site import FakeSite
from tests.training_worker.tiny import make_config

pytestmark = pytest.mark.torch

MEGABYTE = 2**20
STEP_MB = 4000
"""More than others on this machine write or delete meanwhile."""


def test_a_full_disk_stops_the_claims_and_room_starts_them(
    tmp_path: Path, tiny_model: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(tmp_path).free // MEGABYTE
    if free < 3 * STEP_MB:
        pytest.skip("too little room to fill some of it")
    monkeypatch.setenv("HACKTUNE_LEAST_DISK_MB", str(free - STEP_MB))
    filler = tmp_path / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2 * STEP_MB * MEGABYTE)
    with FakeSite() as site:
        worker = Worker(site, tmp_path / "data").ready()
        try:
            job = Jobs(site, tiny_model, tiny_data).enqueue(make_config("head"))
            site.wait(lambda: len(site.claims) > 5)
            assert {claim.node.kinds for claim in site.claims} == {()}
            assert all("this node takes no job" in claim.node.last_error for claim in site.claims)
            assert not job.ended
            filler.unlink()
            site.wait(lambda: job.results)
            assert site.claims[-1].node.last_error == ""
        finally:
            worker.stop()
