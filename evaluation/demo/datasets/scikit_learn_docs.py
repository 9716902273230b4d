"""The challenge "What is the default?": questions about parameters, answered in scikit-learn's documentation.

python -m evaluation.demo.datasets.scikit_learn_docs FOLDER

The documentation is that of the installed package, which the requirements pin; it is read as text, never imported.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.pip_download import FetchFailed
from evaluation.demo.recipe import Recipe

from .bundle import Sizes, run, write_rows

PACKAGE, VERSION = "scikit-learn", "1.9.1"
QUESTIONS_SHA256 = "f6be791c17aab059ec92059e68c4977645a682d9984301030cf919da058b289f"
"""Of what is read of that version."""
ORIGIN = {
    "package": f"{PACKAGE} {VERSION} on PyPI, the docstrings of its public classes and functions",
    "license": "BSD-3-Clause",
    "citation": "F. Pedregosa et al.: Scikit-learn: Machine Learning in Python. JMLR 12 (2011).",
}
SIZES = Sizes(train=600, validation=120, test=400)
MAX_STEPS, MAX_SECONDS = 1000, 900.0
LONGEST_CONTEXT = 600
"""Characters."""
CONSTANTS = ("None", "True", "False")
"""Defaults that are guessed too easily to ask for."""

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "what-is-the-default",
    "title": "What is the default?",
    "summary": "Find the default of a parameter in a part of scikit-learn's documentation, or say that there is none.",
    "description": f"""Each item is a question about a parameter, “What is the default of `alpha` in `Ridge`?”, and a
part of the documentation. The answer is a part of that text, character by character; where the parameter has no
default, the answer is none. The score is the F1 of SQuAD 2.0.

**Data.** {SIZES.train:,} questions to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test questions
about other classes and functions, of which 30 % make the public score. Defaults that are `None`, `True` or `False` are
not asked for.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.
""",
    "task": "question-answering",
    "primary_metric": "squad_f1",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 32, "max": 256}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}

_ENTRY = re.compile(r"^(?P<names>\*{0,2}\w+(?:, \w+)*) ?: ", re.MULTILINE)
_DEFAULT = re.compile(r"\bdefault ?= ?(?P<value>'[^'\n]*'|\"[^\"\n]*\"|\([^)\n]*\)|\[[^\]\n]*\]|-?[\w.+-]*\w)")


@dataclass(frozen=True)
class Question:
    """`owner` is the class or function; `start` is None where the parameter has no default."""

    owner: str
    question: str
    context: str
    answer: str = ""
    start: int | None = None

    @property
    def key(self) -> str:
        return hashlib.sha256(f"scikit-learn {self.owner} {self.question} {self.context}".encode()).hexdigest()


def read_sources(folder: Path) -> Iterator[tuple[str, str]]:
    """(name, docstring) of every public class and function below `folder`."""
    for path in sorted(folder.rglob("*.py")):
        if {"tests", "externals"} & set(path.parts):
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                yield node.name, ast.get_docstring(node) or ""


def questions_of(owner: str, docstring: str) -> Iterator[Question]:
    """One for each parameter in the docstring's section of parameters, in passages of a few parameters."""
    for passage in _passages(_parameters(docstring)):
        entries = [*_ENTRY.finditer(passage)]
        ends = [*(entry.start() for entry in entries[1:]), len(passage)]
        for entry, end in zip(entries, ends, strict=True):
            names = entry["names"]
            line_end = passage.find("\n\n", entry.end(), end)
            found = _DEFAULT.search(passage, entry.end(), line_end if line_end > 0 else end)
            question = f"What is the default of {names} in {owner}?"
            if "default" in passage[entry.end() : end] and (found is None or found["value"] in CONSTANTS):
                continue
            if found is None:
                yield Question(owner, question, passage)
            else:
                yield Question(owner, question, passage, found["value"], found.start("value"))


def parameters_in(passage: str) -> Iterator[tuple[str, str]]:
    """(name, entry) of each parameter; an entry of several names is left out."""
    entries = [*_ENTRY.finditer(passage)]
    for entry, end in zip(entries, [*(entry.start() for entry in entries[1:]), len(passage)], strict=True):
        if "," not in entry["names"]:
            yield entry["names"], passage[entry.end() : end].strip()


def _parameters(docstring: str) -> str:
    """The section's lines, from its heading on to the next one."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-{3,}$|\Z)", docstring, re.MULTILINE | re.DOTALL)
    return inspect.cleandoc(section[1]) if section else ""


def _passages(section: str) -> Iterator[str]:
    """Whole entries, as many as stay within `LONGEST_CONTEXT`; a longer one is cut."""
    starts = [entry.start() for entry in _ENTRY.finditer(section)]
    waiting = ""
    for start, end in pairwise([*starts, len(section)]):
        entry = section[start:end].strip()[:LONGEST_CONTEXT]
        if waiting and len(waiting) + len(entry) + 2 > LONGEST_CONTEXT:
            yield waiting
            waiting = ""
        waiting = f"{waiting}\n\n{entry}" if waiting else entry
    if waiting:
        yield waiting


def read_questions(sources: Iterable[tuple[str, str]]) -> list[Question]:
    """Each question once, those of one class or function together, in an order of their own; where the same question
    is asked of two texts, neither."""
    found: dict[str, set[Question]] = {}
    for owner, docstring in sources:
        for one in questions_of(owner, docstring):
            found.setdefault(one.question.casefold(), set()).add(one)
    single = (next(iter(same)) for same in found.values() if len(same) == 1)
    return sorted(single, key=lambda one: (hashlib.sha256(f"owner {one.owner}".encode()).hexdigest(), one.key))


def write_bundle(folder: Path, questions: Iterable[Question]) -> None:
    """Write the bundle of the first questions into `folder`. Raises ValueError where there are too few."""
    rows: list[dict[str, Any]] = [
        {
            "id": f"q{one.key[:12]}",
            "question": one.question,
            "context": one.context,
            "answers": {"text": [], "answer_start": []}
            if one.start is None
            else {"text": [one.answer], "answer_start": [one.start]},
        }
        for one in questions
    ]
    write_rows(folder, CHALLENGE_YAML, rows, target="answers", sizes=SIZES)


def fetch() -> list[Question]:
    """Raises `FetchFailed` where another version of the package is installed."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise FetchFailed(f"{PACKAGE} is not installed: pip install {PACKAGE}=={VERSION}.")
    questions = read_questions(read_sources(Path(spec.origin).parent))
    sha256 = hashlib.sha256(" ".join(one.key for one in questions).encode()).hexdigest()
    if sha256 != QUESTIONS_SHA256:
        raise FetchFailed(f"The documentation is not that of {PACKAGE} {VERSION}: pip install {PACKAGE}=={VERSION}.")
    return questions


def make(folder: Path) -> None:
    """Write the bundle."""
    write_bundle(folder, fetch())


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        linear_head(MODEL, 1e-2, 5, max_length=192),
        config(MODEL, LORA, 3e-3, 2, max_length=192),
        config(MODEL, "full", 3e-4, 2, max_length=192),
    ),
    baseline=linear_head(MODEL, max_length=192),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
