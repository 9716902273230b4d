"""The challenge "Which word is missing?": first lines and sentences of the docstrings of scikit-learn and SciPy, as
installed here, each with one of its words hidden.

python -m evaluation.demo.datasets.hidden_words FOLDER

The base model is a sentence encoder: its head for words is new, and starts at the frequencies of the training answers.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import config
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe
from training_worker.contract.text import normal_form
from training_worker.contract.words import MASK

from .bundle import Sizes, run, write_rows
from .docstrings import PACKAGES, read_docstrings

SIZES = Sizes(train=3000, validation=300, test=1000)
ANSWERS = 200
"""Different words that are hidden: the most frequent ones that are not on the list of `COMMON`."""
COMMON = frozenset(("this", "that", "with", "from", "will", "which", "when", "than", "then", "each", "only", "used"))
"""Words that say little; shorter ones are never hidden."""
WORD = re.compile(r"(?<![\w.`'\-])[a-z]{4,14}(?![\w`'\-=(]|\.\w)")
SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
SHORTEST, LONGEST = 40, 160
MAX_STEPS, MAX_SECONDS = 2000, 600.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "hidden-words",
    "title": "Which word is missing?",
    "summary": "Predict the hidden word in a sentence of the documentation of Python libraries.",
    "description": f"""Each item is a sentence from the documentation of scikit-learn or SciPy in which one word is
hidden behind `[MASK]`. Predict which one it is. The score is the share of words that are right; recall, the mean
reciprocal rank and the perplexity say how near the others were.

**Data.** {SIZES.train:,} sentences to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden ones to test. The
words are {ANSWERS} frequent ones.

The base model is a sentence encoder without a head for words: it starts at how frequent each word is.
""",
    "task": "fill-mask",
    "primary_metric": "accuracy",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["fgm"],
        "ranges": {"training.max_length": {"min": 16, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": "BSD-3-Clause",
    "source": ", ".join(f"{name} {version(name)}" for name in PACKAGES.values()) + ": their docstrings.",
}

Hidden = tuple[str, str]
"""A text with the mask, and the word."""


def sentences_of(docstrings: Iterable[tuple[str, str]]) -> list[str]:
    """Each once, in an order of their own."""
    found: dict[str, str] = {}
    for body, line in docstrings:
        for sentence in (line, *SENTENCE.split(body)):
            if SHORTEST <= len(sentence) <= LONGEST and sentence[0].isupper() and MASK not in sentence:
                found.setdefault(normal_form(sentence), sentence)
    return sorted(found.values(), key=_key)


def hide_words(sentences: list[str]) -> Iterator[Hidden]:
    """In each sentence that has one of the answers, one of those, by the sentence's key."""
    counts = Counter(word for sentence in sentences for word in {*_words(sentence)})
    answers = {word for word, _count in counts.most_common(ANSWERS)}
    for sentence in sentences:
        places = [match for match in WORD.finditer(sentence) if match[0] in answers]
        if places:
            place = places[int(_key(sentence), 16) % len(places)]
            yield sentence[: place.start()] + MASK + sentence[place.end() :], place[0]


def _words(sentence: str) -> list[str]:
    return [word for word in WORD.findall(sentence) if word not in COMMON]


def _key(text: str) -> str:
    return hashlib.sha256(f"hidden words {text}".encode()).hexdigest()


def write_bundle(folder: Path, hidden: Iterable[Hidden]) -> None:
    """Write the bundle of the first ones into `folder`. Raises ValueError where there are too few."""
    rows = {normal_form(text): {"id": f"w{_key(text)[:12]}", "text": text, "answer": word} for text, word in hidden}
    write_rows(folder, CHALLENGE_YAML, [*rows.values()], target="answer", sizes=SIZES)


def make(folder: Path) -> None:
    roots = [Path(spec.origin).parent for name in PACKAGES if (spec := find_spec(name)) and spec.origin]
    write_bundle(folder, hide_words(sentences_of(read_docstrings(roots))))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        config(MODEL, "head", 2e-3, 4, max_length=48),
        config(MODEL, "head", 8e-3, 10, max_length=48),
    ),
    baseline=config(MODEL, "head", 1e-3, 3, max_length=48),
    baseline_note="Baseline: a new head on frozen features, trained for a short time",
)


if __name__ == "__main__":
    sys.exit(run(make))
