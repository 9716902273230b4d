"""The challenge "English to French": the messages of Django itself with their translations, as installed here.

python -m evaluation.demo.datasets.django_french FOLDER

A few hundred short messages are too few to learn a language from: this shows that everything works, no quality.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
from babel.messages.mofile import read_mo

from evaluation.demo.base_model import MINILM_PAIR
from evaluation.demo.configs import LORA, config
from evaluation.demo.recipe import Recipe
from training_worker.contract.text import normal_form

from .bundle import Sizes, run, write_rows

MODEL = MINILM_PAIR.slug
LANGUAGE = "fr"
SIZES = Sizes(train=480, validation=30, test=100)
LONGEST = 120
MARKUP = re.compile(r"[<\n]")

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "django-french",
    "title": "English to French: messages of a web site",
    "summary": "Translate short messages of a web site.",
    "description": f"""Each item is a message of a web site in English, written by Django's authors: write it in French.
The score is chrF, the overlap of characters with the translation of Django's translators, from 0 to 100.

**Data.** {SIZES.train} messages to train on, {SIZES.validation} to validate, {SIZES.test} hidden ones to test. That is
too little to learn a language from.
""",
    "task": "translation",
    "primary_metric": "chrf",
    "max_new_tokens": 64,
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 8, "max": 128}},
        "budget": {"max_steps": 2000, "max_seconds": 900.0, "max_memory_mb": 8192},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "BSD-3-Clause",
    "source": f"Django {django.__version__}, its message catalogues.",
}

Pair = tuple[str, str]


def read_pairs(root: Path) -> list[Pair]:
    """Message and translation of every catalogue below `root`, each message once, in an order of their own.

    Those with markup or line breaks, or with two translations, are left out.
    """
    found: dict[str, set[Pair]] = {}
    for pair in _messages(root):
        if all(text and len(text) <= LONGEST and not MARKUP.search(text) for text in pair):
            found.setdefault(normal_form(pair[0]), set()).add(pair)
    distinct = [min(pairs) for pairs in found.values() if len({translation for _, translation in pairs}) == 1]
    return sorted(distinct, key=_key)


def _messages(root: Path) -> Iterator[Pair]:
    for path in sorted(root.glob(f"**/locale/{LANGUAGE}/LC_MESSAGES/django.mo")):
        with path.open("rb") as file:
            for message in read_mo(file):
                if isinstance(message.id, str) and isinstance(message.string, str):
                    yield message.id.strip(), message.string.strip()


def _key(pair: Pair) -> str:
    return hashlib.sha256(f"django-french {pair[0]}".encode()).hexdigest()


def write_bundle(folder: Path, pairs: Iterable[Pair]) -> None:
    """Write the bundle of the first pairs into `folder`. Raises ValueError where there are too few."""
    rows = [{"id": f"m{_key(pair)[:12]}", "source": pair[0], "target": pair[1]} for pair in pairs]
    write_rows(folder, CHALLENGE_YAML, rows, target="target", sizes=SIZES)


def make(folder: Path) -> None:
    write_bundle(folder, read_pairs(Path(django.__file__).parent))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM_PAIR,
    make=make,
    kind="mechanics",
    configs=(
        config(MODEL, LORA, 3e-3, 3, max_length=48),
        config(MODEL, "full", 5e-4, 2, max_length=48),
    ),
    baseline=config(MODEL, LORA, 1e-3, 1, max_length=48),
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
