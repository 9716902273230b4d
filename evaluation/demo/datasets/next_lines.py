"""The challenge "How does the code go on?": lines of scikit-learn's source, which is read as text, never imported.

python -m evaluation.demo.datasets.next_lines FOLDER
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import SMALL_DECODER
from evaluation.demo.configs import LORA, config
from evaluation.demo.pip_download import FetchFailed
from evaluation.demo.recipe import Recipe
from training_worker.contract.text import normal_form

from .bundle import Row, Sizes, run, write_rows

PACKAGE = "scikit-learn"
MODEL = SMALL_DECODER.slug
SIZES = Sizes(train=600, validation=40, test=120)
BEFORE = 3
"""Lines that are shown."""
LONGEST_PROMPT, SHORTEST, LONGEST = 160, 8, 48
"""Characters of what is shown, and of the next line."""

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "next-lines",
    "title": "How does the code go on?",
    "summary": f"Write the line of Python that follows {BEFORE} others.",
    "description": f"""Each item is {BEFORE} lines out of a function of scikit-learn: write the next one, with the
spaces in front of it. The score is chrF, the overlap of characters with the line that stands there.

**Data.** {SIZES.train:,} places to train on, {SIZES.validation} to validate, {SIZES.test} hidden ones to test.
""",
    "task": "text-completion",
    "primary_metric": "chrf",
    "max_new_tokens": 64,
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "ranges": {"training.max_length": {"min": 32, "max": 256}},
        "budget": {"max_steps": 2000, "max_seconds": 600.0, "max_memory_mb": 8192},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "BSD-3-Clause",
    "source": f"{PACKAGE} {version(PACKAGE)}: the source of its functions.",
}


def read_functions(folder: Path) -> Iterator[list[str]]:
    """The lines of each function below `folder`, without those of its docstring."""
    for path in sorted(folder.rglob("*.py")):
        if {"tests", "externals"} & set(path.parts):
            continue
        text = path.read_text("utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
                first = node.body[1 if has_docstring else 0].lineno
                yield [line.rstrip() for line in lines[first - 1 : node.end_lineno] if line.strip()]


def rows_of(functions: Iterable[list[str]]) -> list[Row]:
    """One place of each function, the first that fits; of places that people read as the same, the first. In an order
    of their own."""
    found: dict[str, Row] = {}
    for lines in functions:
        for place in range(BEFORE, len(lines)):
            prompt = "".join(f"{line}\n" for line in lines[place - BEFORE : place])
            after = lines[place]
            if len(prompt) <= LONGEST_PROMPT and len(after.strip()) >= SHORTEST and len(after) <= LONGEST:
                key = hashlib.sha256(f"next lines {prompt}".encode()).hexdigest()
                found.setdefault(normal_form(prompt), {"id": f"n{key[:12]}", "prompt": prompt, "completion": after})
                break
    return sorted(found.values(), key=lambda row: str(row["id"]))


def make(folder: Path) -> None:
    """Write the bundle. Raises `FetchFailed` where the package is not installed."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise FetchFailed(f"{PACKAGE} is not installed.")
    rows = rows_of(read_functions(Path(spec.origin).parent))
    write_rows(folder, CHALLENGE_YAML, rows, target="completion", sizes=SIZES)


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=SMALL_DECODER,
    make=make,
    kind="mechanics",
    configs=(
        config(MODEL, LORA, 1e-2, 3, max_length=224),
        config(MODEL, "full", 3e-3, 3, max_length=224),
    ),
    baseline=config(MODEL, "full", 3e-3, 1, max_length=224),
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
