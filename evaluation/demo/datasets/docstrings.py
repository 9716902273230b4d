"""The challenge "What does this function do?": the docstrings of scikit-learn and SciPy, as installed here; the first
line is the summary of the rest.

python -m evaluation.demo.datasets.docstrings FOLDER

Mechanics: a model that has never written learns the form of such lines here, hardly their meaning.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM_PAIR
from evaluation.demo.configs import LORA, config
from evaluation.demo.recipe import Recipe
from training_worker.contract.text import normal_form

from .bundle import Sizes, run, write_rows
from .django_french import MODEL

PACKAGES = {"sklearn": "scikit-learn", "scipy": "scipy"}
SIZES = Sizes(train=400, validation=30, test=100)
SHORTEST_BODY, LONGEST_BODY, SHORTEST_LINE, LONGEST_LINE = 120, 600, 20, 100
SECTION = re.compile(r"\n\s*-{3,}\s*\n")

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "docstrings",
    "title": "What does this function do?",
    "summary": "Write the first line of a docstring, given the rest of it.",
    "description": f"""Each item is the documentation of a Python function without its first line: write that line. The
score is ROUGE-L, the longest common subsequence of words with the line of the function's author.

**Data.** {SIZES.train:,} functions of scikit-learn and SciPy to train on, {SIZES.validation} to validate,
{SIZES.test} hidden ones to test.
""",
    "task": "summarization",
    "primary_metric": "rougeL",
    "max_new_tokens": 32,
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 32, "max": 256}},
        "budget": {"max_steps": 2000, "max_seconds": 900.0, "max_memory_mb": 8192},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "BSD-3-Clause",
    "source": ", ".join(f"{name} {version(name)}" for name in PACKAGES.values()) + ": their docstrings.",
}

Summary = tuple[str, str]
"""Body and first line."""


def read_docstrings(roots: Iterable[Path]) -> list[Summary]:
    """Of every function, method and class below `roots`, each body and each first line once, in an order of their
    own."""
    bodies: dict[str, Summary] = {}
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            for found in _docstrings(path.read_text("utf-8")):
                bodies.setdefault(normal_form(found[0]), found)
    lines = {normal_form(found[1]): found for found in sorted(bodies.values(), key=_key, reverse=True)}
    return sorted(lines.values(), key=_key)


def _docstrings(code: str) -> Iterator[Summary]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
            line, _break, rest = inspect.cleandoc(text).partition("\n\n")
            body = " ".join(SECTION.sub("\n", f"\n{rest}\n").split())[:LONGEST_BODY]
            line = " ".join(line.split())
            if SHORTEST_LINE <= len(line) <= LONGEST_LINE and len(body) >= SHORTEST_BODY:
                yield body, line


def _key(found: Summary) -> str:
    return hashlib.sha256(f"docstrings {found[0]}".encode()).hexdigest()


def write_bundle(folder: Path, found: Iterable[Summary]) -> None:
    """Write the bundle of the first ones into `folder`. Raises ValueError where there are too few."""
    rows = [{"id": f"d{_key(one)[:12]}", "source": one[0], "target": one[1]} for one in found]
    write_rows(folder, CHALLENGE_YAML, rows, target="target", sizes=SIZES)


def make(folder: Path) -> None:
    roots = [Path(spec.origin).parent for name in PACKAGES if (spec := find_spec(name)) and spec.origin]
    write_bundle(folder, read_docstrings(roots))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM_PAIR,
    make=make,
    kind="mechanics",
    configs=(
        config(MODEL, LORA, 3e-3, 2, max_length=128),
        config(MODEL, "full", 5e-4, 1, max_length=128),
    ),
    baseline=config(MODEL, LORA, 1e-3, 1, max_length=128),
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
