"""The challenge "Whose default is it?": a parameter and a value in scikit-learn's documentation, related or not.

python -m evaluation.demo.datasets.default_relations FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe
from training_worker.contract.text import normal_form

from .bundle import Sizes, run, write_rows
from .scikit_learn_docs import ORIGIN, Question, fetch

SIZES = Sizes(train=400, validation=100, test=300)
MAX_STEPS, MAX_SECONDS = 1000, 600.0
RELATED, OTHER = "default-of", "other"

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "whose-default",
    "title": "Whose default is it?",
    "summary": "Say whether a value in scikit-learn's documentation is the default of a parameter, or of another one.",
    "description": f"""Each item is a part of the documentation with two marked entities: the head is the name of a
parameter, the tail a value. The label is `{RELATED}` where the value is the default of that parameter, and `{OTHER}`
where it is that of another one. The score is the macro F1.

**Data.** {SIZES.train:,} pairs to train on, {SIZES.validation} to validate, {SIZES.test} hidden test pairs of other
classes and functions, of which 30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.
""",
    "task": "relation-extraction",
    "primary_metric": "f1_macro",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["fgm"],
        "ranges": {"training.max_length": {"min": 32, "max": 256}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


def rows_of(questions: Iterable[Question]) -> Iterator[dict[str, Any]]:
    """Of each passage with several defaults: each parameter with its own default and with that of the next one. Of
    passages that people read as the same, the first."""
    passages: dict[str, dict[int, Question]] = {}
    firsts: dict[str, str] = {}
    for one in questions:
        text = firsts.setdefault(normal_form(one.context), one.context)
        if one.start is not None and text == one.context:
            passages.setdefault(text, {})[one.start] = one
    for text, found in passages.items():
        ordered = [found[start] for start in sorted(found)]
        for head, other in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
            if len(ordered) > 1:
                yield _row(text, head, head, RELATED)
                yield _row(text, head, other, OTHER)


def _row(text: str, head: Question, tail: Question, label: str) -> dict[str, Any]:
    name = head.question.removeprefix("What is the default of ").partition(" in ")[0]
    start = text.rindex(f"{name} :", 0, head.start)
    places = {
        "head": {"start": start, "end": start + len(name)},
        "tail": {"start": tail.start, "end": (tail.start or 0) + len(tail.answer)},
    }
    key = hashlib.sha256(f"relations {text} {places}".encode()).hexdigest()
    return {"id": f"r{key[:12]}", "text": text, **places, "label": label}


def write_bundle(folder: Path, questions: Iterable[Question]) -> None:
    """Write the bundle of the first pairs into `folder`. Raises ValueError where there are too few."""
    write_rows(folder, CHALLENGE_YAML, list(rows_of(questions)), target="label", sizes=SIZES)


def make(folder: Path) -> None:
    """Write the bundle."""
    write_bundle(folder, fetch())


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        linear_head(MODEL, 1e-2, 10, max_length=192),
        config(MODEL, LORA, 3e-3, 3, max_length=192),
        config(MODEL, "full", 3e-4, 2, max_length=192),
    ),
    baseline=linear_head(MODEL, max_length=192),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
