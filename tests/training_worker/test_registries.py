"""Contract and worker list the same ids; the package imports without the site and without Django."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from training_worker.contract.methods import METHODS
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import TECHNIQUES

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
import training_worker.node.start
heavy = {"torch", "transformers", "peft", "numpy", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""
CHILD = """
import sys
before = set(sys.modules)
import training_worker.__main__
assert set(sys.modules) - before == {"training_worker", "training_worker.__main__"}
"""


def modules(package: str) -> list[ModuleType]:
    path = [str(ROOT / "training_worker" / package)]
    names = [module.name for module in pkgutil.iter_modules(path)]
    return [importlib.import_module(f"training_worker.{package}.{name}") for name in names]


def test_every_id_of_the_contract_has_its_code() -> None:
    from training_worker.methods import load_method
    from training_worker.tasks import load_task
    from training_worker.techniques import load_technique

    tasks = [module.TASK for module in modules("tasks") if hasattr(module, "TASK")]
    assert {task.spec.id: task.spec for task in tasks} == TASKS
    assert [load_task(id_).spec.id for id_ in TASKS] == list(TASKS)
    for task in TASKS.values():
        by_family = {family: load_task(task.id, family) for family in task.families}
        assert by_family[task.families[0]] is load_task(task.id), "the first family's is the one without a family"
        assert {found.spec.id for found in by_family.values()} == {task.id}
    methods = {module.__name__.rpartition(".")[2] for module in modules("methods") if hasattr(module, "prepare")}
    assert methods == METHODS.keys()
    assert all(callable(load_method(name)) for name in METHODS)
    techniques = {
        module.__name__.rpartition(".")[2] for module in modules("techniques") if hasattr(module, "TECHNIQUE")
    }
    assert techniques == TECHNIQUES.keys()
    assert len({load_technique(name) for name in TECHNIQUES}) == len(TECHNIQUES)


@pytest.mark.parametrize(
    "script",
    [IMPORT_ALL, MAIN_PROCESS, CHILD],
    ids=["without the site", "main process without torch", "a child does not import the main process"],
)
def test_imports(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
