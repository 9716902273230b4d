"""The quick tests that use the database once more, on PostgreSQL: both databases must give the same answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.servers import postgres_server
from tests.stack import REPOSITORY

pytestmark = [pytest.mark.services, pytest.mark.timeout(1200)]


def test_quick_tests_pass_on_postgresql() -> None:
    quick = ["tests/hackathon", "tests/teams", "tests/submissions", "tests/evaluation"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HACKTUNE_"))}
    with postgres_server() as url:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                *["-p", "no:cacheprovider", "-n", "2", "--dist", "loadscope", "--timeout", "300", "--database-only"],
                *quick,
            ],
            cwd=REPOSITORY,
            env=kept | {"DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    summary = re.search(r"(\d+) passed", done.stdout)
    assert summary is not None
    assert int(summary[1]) > 1000
