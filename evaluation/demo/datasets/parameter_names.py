"""The challenge "Which parameter is it?": descriptions in scikit-learn's documentation and four names of parameters.

python -m evaluation.demo.datasets.parameter_names FOLDER
"""

from __future__ import annotations

import hashlib
import random
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe

from .bundle import Sizes, run, write_rows
from .scikit_learn_docs import ORIGIN, Question, fetch, parameters_in

SIZES = Sizes(train=700, validation=150, test=450)
MAX_STEPS, MAX_SECONDS = 1000, 600.0
CHOICES = 4
SHORTEST, LONGEST = 40, 300
"""Characters of a description."""

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "which-parameter",
    "title": "Which parameter is it?",
    "summary": "Read a description in scikit-learn's documentation and choose the parameter that it describes.",
    "description": f"""Each item is the description of a parameter, in which its own name is left out, and the names of
{CHOICES} parameters. Choose the one that is described. The score is the share of items that are answered rightly.

**Data.** {SIZES.train:,} descriptions to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test
descriptions, of which 30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.
""",
    "task": "multiple-choice",
    "primary_metric": "accuracy",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 16, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


@dataclass(frozen=True)
class Described:
    name: str
    text: str

    @property
    def key(self) -> str:
        return hashlib.sha256(f"parameters {self.name} {self.text}".encode()).hexdigest()


def described_in(questions: Iterable[Question]) -> list[Described]:
    """The parameters of all passages whose description is of use, each text once, in an order of their own."""
    found: dict[str, Described] = {}
    for one in (described for question in questions for described in _described(question.context)):
        found.setdefault(one.text.casefold(), one)
    return sorted(found.values(), key=lambda one: one.key)


def _described(passage: str) -> Iterator[Described]:
    for name, body in parameters_in(passage):
        text = " ".join(body.partition("\n")[2].split())
        text = re.sub(rf"\b{re.escape(name)}\b", "…", text)[:LONGEST]
        if len(text) >= SHORTEST:
            yield Described(name, text)


def rows_of(described: list[Described]) -> Iterator[dict[str, Any]]:
    """Each with three names of other parameters, in an order that its key decides."""
    names = sorted({one.name for one in described})
    for one in described:
        rng = random.Random(one.key)
        choices = [one.name, *rng.sample([name for name in names if name != one.name], k=CHOICES - 1)]
        rng.shuffle(choices)
        yield {"id": f"p{one.key[:12]}", "question": one.text, "choices": choices, "label": choices.index(one.name)}


def write_bundle(folder: Path, described: list[Described]) -> None:
    """Write the bundle of the first descriptions into `folder`. Raises ValueError where there are too few."""
    write_rows(folder, CHALLENGE_YAML, list(rows_of(described)), target="label", sizes=SIZES)


def make(folder: Path) -> None:
    """Write the bundle."""
    write_bundle(folder, described_in(fetch()))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        linear_head(MODEL, 1e-2, 10),
        config(MODEL, LORA, 3e-3, 2, 8, max_length=64),
        config(MODEL, "full", 2e-4, 2, 8, max_length=64),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
)


if __name__ == "__main__":
    sys.exit(run(make))
