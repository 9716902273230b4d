"""The challenge "How much did the critic like it?": the demo's sentences with their mean ratings.

python -m evaluation.demo.datasets.film_ratings FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.fetch import ORIGIN, fetch
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import FILM_NIGHT, Recipe

from .bundle import FETCHED, Sizes, run, write_rows

SIZES = Sizes(train=1200, validation=200, test=1000)
MAX_STEPS, MAX_SECONDS = 1000, 300.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "film-ratings",
    "title": "How much did the critic like it?",
    "summary": "Predict how people rate one sentence of a film review, from -4 to 4.",
    "description": f"""Each item is one sentence from a film review. About 20 people rated it from -4 (very negative) to
4 (very positive): predict the mean of their ratings. The score is the mean squared error: lower is better.

**Data.** {SIZES.train:,} sentences to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test sentences,
of which 30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The sentences are those of Hutto & Gilbert (ICWSM 2014), under the MIT licence. They are public, as a demo's data may
be.
""",
    "task": "text-regression",
    "primary_metric": "mse",
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 8, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


@dataclass(frozen=True)
class RatedSentence:
    text: str
    rating: float
    """Mean of about 20 people's, from -4 to 4."""

    @property
    def key(self) -> str:
        """Decides order, split and id: nothing of it is the origin's own number."""
        return hashlib.sha256(f"film-ratings {self.text}".encode()).hexdigest()


def read_sentences(body: str) -> list[RatedSentence]:
    """The sentences (`id, rating, text` by tabs), each text once, in an order of their own.

    A text that occurs with two ratings is left out.
    """
    ratings: dict[str, set[float]] = {}
    texts: dict[str, str] = {}
    for line in body.splitlines():
        _id, rating, text = line.split("\t", 2)
        text = " ".join(text.split())
        if text:
            texts.setdefault(text.casefold(), text)
            ratings.setdefault(text.casefold(), set()).add(float(rating))
    found = [RatedSentence(texts[key], next(iter(values))) for key, values in ratings.items() if len(values) == 1]
    return sorted(found, key=lambda sentence: sentence.key)


def write_bundle(folder: Path, sentences: Iterable[RatedSentence]) -> None:
    """Write the bundle of the first sentences into `folder`. Raises ValueError where there are too few."""
    rows = [{"id": f"s{one.key[:12]}", "text": one.text, "label": one.rating} for one in sentences]
    write_rows(folder, CHALLENGE_YAML, rows, target="label", sizes=SIZES)


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    write_bundle(folder, read_sentences(fetch(FETCHED / "film-critics").read_text("utf-8")))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    event=FILM_NIGHT,
    configs=(
        linear_head(MODEL, 1e-2, 6),
        config(MODEL, LORA, 3e-3, 3, max_length=48),
        config(MODEL, "full", 2e-4, 2, max_length=48),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
