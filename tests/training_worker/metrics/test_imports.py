"""What an output costs to import: a warm child that classifies pays for numpy and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "matplotlib",
    "nltk",
    "numpy",
    "pycocotools",
    "sacrebleu",
    "scipy",
    "seqeval",
    "sklearn",
    "torch",
    "transformers",
)
CHECK = """
import sys
from training_worker.metrics import output_of
output_of({kind!r})
print(*sorted(sys.modules.keys() & {heavy!r}))
"""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("class", "numpy"),
        ("number", "numpy"),
        ("tags", "numpy seqeval"),
        ("text", "numpy sacrebleu"),
        ("boxes", "numpy pycocotools"),
        ("mask", "numpy"),
    ],
)
def test_an_output_loads_what_it_needs(kind: str, expected: str) -> None:
    code = CHECK.format(kind=kind, heavy=set(HEAVY))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == expected
