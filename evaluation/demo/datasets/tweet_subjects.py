"""The challenge "What is in the tweet?": the types of names that a tweet has, any number of them.

python -m evaluation.demo.datasets.tweet_subjects FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import Recipe

from .bundle import FETCHED, Sizes, run, write_rows
from .tweets import ORIGIN, Tweet, fetch, read_tweets

SIZES = Sizes(train=1200, validation=300, test=780)
MAX_STEPS, MAX_SECONDS = 1000, 300.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "tweet-subjects",
    "title": "What is in the tweet?",
    "summary": "Say of a tweet which of ten types of names it has: people, places, companies, …",
    "description": f"""Each item is a tweet. Give it every label of which it has a name: `person` where it names a
person, `company` where it names a company, and so on for ten types; many tweets have none, some have several. The
score is the F1 over all labels together (micro average).

**Data.** {SIZES.train:,} tweets to train on, {SIZES.validation} to validate, {SIZES.test} hidden test tweets, of which
30 % make the public score.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.
""",
    "task": "multi-label-classification",
    "primary_metric": "f1_micro",
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


def labels_of(tweet: Tweet) -> list[str]:
    """The types of its names, in order."""
    return sorted({tag.partition("-")[2] for tag in tweet.tags if tag != "O"})


def write_bundle(folder: Path, tweets: Iterable[Tweet]) -> None:
    """Write the bundle of the first tweets into `folder`. Raises ValueError where there are too few."""
    rows = [{"id": f"t{one.key[:12]}", "text": " ".join(one.words), "labels": labels_of(one)} for one in tweets]
    write_rows(folder, CHALLENGE_YAML, rows, target="labels", sizes=SIZES)


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    write_bundle(folder, read_tweets(fetch(FETCHED / "tweets").read_text("utf-8")))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    configs=(
        linear_head(MODEL, 1e-2, 10),
        config(MODEL, LORA, 3e-3, 3, max_length=48),
        config(MODEL, "full", 3e-4, 3, max_length=48),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
    version=2,
)


if __name__ == "__main__":
    sys.exit(run(make))
