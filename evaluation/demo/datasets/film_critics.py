"""The challenge "What did the critic think?" as a bundle, made from the fetched sentences; always the same bytes.

python -m evaluation.demo.datasets.film_critics FOLDER
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.demo.base_model import MINILM
from evaluation.demo.configs import BASELINE_NOTE, LORA, config, linear_head
from evaluation.demo.fetch import ORIGIN, fetch
from evaluation.demo.people import MODEL
from evaluation.demo.recipe import FILM_NIGHT, Recipe
from hackathon.bundles.yaml import dump

from .bundle import FETCHED, run

NEGATIVE, POSITIVE = "negative", "positive"
MIN_RATING = 0.4
TRAIN, VALIDATION, TEST = 1600, 400, 2000
MAX_STEPS, MAX_SECONDS = 1000, 300.0

CHALLENGE_YAML: dict[str, Any] = {
    "slug": "film-critics",
    "title": "What did the critic think?",
    "summary": "Tell praise from panning by one sentence of a film review.",
    "description": f"""Each item is one sentence from a film review. Say whether its author liked the film.

**Data.** {TRAIN:,} sentences to train on, {VALIDATION} to validate, {TEST:,} hidden test sentences, of which 30 % make
the public score. About 20 people rated every sentence from -4 to 4; those between -{MIN_RATING} and {MIN_RATING} are
left out, and both labels are equally frequent.

**What you submit** is a config: a base model, a fine-tuning method and its hyper-parameters. The platform trains,
predicts and scores; a run may take {MAX_STEPS:,} steps or {MAX_SECONDS:g} seconds.

The sentences are those of Hutto & Gilbert (ICWSM 2014), under the MIT licence. They are public, as a demo's data may
be.
""",
    "task": "text-classification",
    "primary_metric": "accuracy",
    "labels": [NEGATIVE, POSITIVE],
    "limits": {
        "base_models": [MODEL],
        "methods": ["head", "lora", "full", "top_layers", "adapter", "bitfit", "ia3", "prompt_tuning", "prefix_tuning"],
        "techniques": ["noise_injection", "random_deletion", "random_swap", "fgm", "pgd", "freelb"],
        "ranges": {"training.max_length": {"min": 8, "max": 128}},
        "budget": {"max_steps": MAX_STEPS, "max_seconds": MAX_SECONDS, "max_memory_mb": 4096},
    },
    "phases": [
        {
            "name": "Main",
            "quota": {"per_day": 20, "total": 100, "at_once": 2, "compute_seconds": 36000},
            "precision": "fp32",
        }
    ],
    "license": ORIGIN["license"],
    "source": f"{ORIGIN['package']}. {ORIGIN['citation']}",
}


@dataclass(frozen=True)
class Sentence:
    text: str
    label: str

    @property
    def key(self) -> str:
        """Decides order and id: nothing of it is the origin's own number."""
        return hashlib.sha256(f"film-critics {self.text}".encode()).hexdigest()


def read_sentences(body: str) -> list[Sentence]:
    """The clearly rated sentences (`id, rating, text` by tabs), each text once, in an order of their own.

    A text that occurs with both labels is left out.
    """
    labels: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for line in body.splitlines():
        _id, rating, text = line.split("\t", 2)
        text = " ".join(text.split())
        if text and abs(float(rating)) >= MIN_RATING:
            texts.setdefault(text.casefold(), text)
            labels.setdefault(text.casefold(), set()).add(POSITIVE if float(rating) > 0 else NEGATIVE)
    found = [Sentence(texts[key], next(iter(names))) for key, names in labels.items() if len(names) == 1]
    return sorted(found, key=lambda sentence: sentence.key)


def write_bundle(folder: Path, sentences: Iterable[Sentence]) -> None:
    """Write the five files of the bundle into `folder`. Both labels are equally frequent in every split."""
    by_label: dict[str, list[Sentence]] = {NEGATIVE: [], POSITIVE: []}
    for sentence in sentences:
        by_label[sentence.label].append(sentence)
    pairs = zip(by_label[NEGATIVE], by_label[POSITIVE], strict=False)
    taken = [sentence for pair in pairs for sentence in pair]
    if len(taken) < TRAIN + VALIDATION + TEST:
        raise ValueError(f"There are only {len(taken)} sentences, {TRAIN + VALIDATION + TEST} are needed.")
    splits = {
        "train.jsonl": list(_rows(taken[:TRAIN])),
        "validation.jsonl": list(_rows(taken[TRAIN : TRAIN + VALIDATION])),
    }
    test = list(_rows(taken[TRAIN + VALIDATION : TRAIN + VALIDATION + TEST]))
    splits["test.jsonl"] = [{"id": row["id"], "text": row["text"]} for row in test]
    splits["test_labels.jsonl"] = [{"id": row["id"], "label": row["label"]} for row in test]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "challenge.yaml").write_text(dump(CHALLENGE_YAML))
    for name, rows in splits.items():
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _rows(sentences: Iterable[Sentence]) -> Iterator[dict[str, str]]:
    for sentence in sorted(sentences, key=lambda sentence: sentence.key):
        yield {"id": f"s{sentence.key[:12]}", "text": sentence.text, "label": sentence.label}


def make(folder: Path) -> None:
    """Fetch what is not there yet and write the bundle."""
    write_bundle(folder, read_sentences(fetch(FETCHED / "film-critics").read_text()))


RECIPE = Recipe(
    challenge=CHALLENGE_YAML,
    model=MINILM,
    make=make,
    event=FILM_NIGHT,
    configs=(
        linear_head(MODEL, 1e-2, 6),
        config(MODEL, LORA, 3e-3, 2, max_length=48),
        config(MODEL, "full", 2e-4, 1, max_length=48),
    ),
    baseline=linear_head(MODEL),
    baseline_note=BASELINE_NOTE,
)


if __name__ == "__main__":
    sys.exit(run(make))
