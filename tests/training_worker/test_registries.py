"""Contract and worker list the same ids; the package imports without the site and without Django."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from training_worker.contract.methods import METHODS as SPECIFIED_METHODS
from training_worker.contract.tasks import TASKS as SPECIFIED_TASKS

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[2]
BLOCKED = ("django", "rest_framework", "hackathon", "teams", "submissions", "evaluation")
IMPORT_ALL = f"""
import importlib, importlib.abc, pkgutil, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"blocked: {{name}}", name=name)

sys.meta_path.insert(0, Blocker())
import training_worker
for module in pkgutil.walk_packages(training_worker.__path__, "training_worker."):
    importlib.import_module(module.name)
assert "torch" in sys.modules
"""
MAIN_PROCESS = """
import sys
import training_worker.__main__
heavy = {"torch", "transformers", "peft", "numpy", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""


def test_every_id_of_the_contract_has_its_code() -> None:
    from training_worker.methods import METHODS
    from training_worker.tasks import TASKS

    assert METHODS.keys() == SPECIFIED_METHODS.keys()
    assert TASKS.keys() == SPECIFIED_TASKS.keys()


@pytest.mark.parametrize("script", [IMPORT_ALL, MAIN_PROCESS], ids=["without the site", "main process without torch"])
def test_imports(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
