"""The challenge "Do these critics agree?": pairs of the demo's sentences, and how near their ratings are.

python -m evaluation.demo.datasets.critic_pairs FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import LORA, config
from evaluation.demo.fetch import ORIGIN, fetch
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Row, Sizes, run, write_rows
from .film_ratings import RatedSentence, read_sentences

SIZES = Sizes(train=1000, validation=200, test=800)
MAX_STEPS, MAX_SECONDS = 1000, 300.0
LOWEST, HIGHEST = -4.0, 4.0
"""Of the ratings."""

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "critic-pairs",
    "title": "Do these critics agree?",
    "summary": "Predict from 0 to 5 how near two sentences of film reviews are in what they think of the film.",
    "description": f"""Each item is a pair of sentences from film reviews. About 20 people rated each from -4 (very
negative) to 4 (very positive); the score of a pair is 5 where both have the same mean rating and 0 where they are as
far apart as ratings can be. The score is Spearman's rank correlation.

**Data.** {SIZES.train:,} pairs to train on, {SIZES.validation} to validate, {SIZES.test:,} hidden test pairs, of which
30 % make the public score. No sentence is in two pairs.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The sentences are those of Hutto & Gilbert (ICWSM 2014), under the MIT licence. They are public, as a demo's data may
be.
""",
    "task": "sentence-similarity",
    "primary_metric": "spearman",
    "limits": {
        "base_models": [MODEL],
        "methods": ["lora", "full"],
        "techniques": ["noise_injection", "fgm"],
        "ranges": {"training.max_length": {"min": 8, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [{"name": "Main", "precision": "fp32"}],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


def pair_rows(sentences: Sequence[RatedSentence]) -> list[Row]:
    """Neighbours in the sentences' own order as pairs, each sentence once."""
    pairs = zip(sentences[::2], sentences[1::2], strict=False)
    return [_row(one, other) for one, other in pairs]


def _row(one: RatedSentence, other: RatedSentence) -> Row:
    distance = abs(one.rating - other.rating) / (HIGHEST - LOWEST)
    id_, score = f"p{one.key[:12]}", round(5 * (1 - distance), 3)
    return {"id": id_, "sentence1": one.text, "sentence2": other.text, "score": score}


def write_bundle(folder: Path, sentences: Sequence[RatedSentence]) -> None:
    """Write the bundle of the first pairs into `folder`. Raises ValueError where there are too few."""
    write_rows(folder, CHALLENGE_YAML, pair_rows(sentences), target="score", sizes=SIZES)


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    write_bundle(folder, read_sentences(fetch(FETCHED / "film-critics").read_text("utf-8")))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        config(MODEL, LORA, 2e-3, 3, max_length=64),
        config(MODEL, "full", 1e-4, 2, max_length=64),
    ),
    baseline=config(MODEL, LORA, 5e-4, 1, max_length=64),
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
