"""Toy data of every task in the words of the tiny model (`tests/tiny_model.py`), and configs and specs for it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import RECIPE

GOOD = ("good", "fine", "great", "superb", "lovely")
BAD = ("bad", "poor", "awful", "dull", "broken")
FILLER = ("the", "film", "is", "a", "plot", "and", "with", "story", "very", "it")
LABELS = ("negative", "positive")
CLASSES, NUMBERS, TAGS = "text-classification", "text-regression", "token-classification"
SPANS, LABEL_SETS = "question-answering", "multi-label-classification"
RELATIONS, CHOICES = "relation-extraction", "multiple-choice"
TRANSLATION, SUMMARIES = "translation", "summarization"
CHAT, COMPLETION = "text-generation", "text-completion"
SIMILAR, RANKING = "sentence-similarity", "text-ranking"
TABLE_CLASSES, TABLE_NUMBERS = "tabular-classification", "tabular-regression"
RATINGS, MASKED = "recommendation", "fill-mask"
LABELS_OF: dict[str, tuple[str, ...]] = {
    CLASSES: LABELS,
    NUMBERS: (),
    TAGS: ("O", "B-GOOD", "I-GOOD", "B-BAD"),
    SPANS: (),
    LABEL_SETS: LABELS,
    RELATIONS: LABELS,
    CHOICES: (),
    TRANSLATION: (),
    SUMMARIES: (),
    CHAT: (),
    COMPLETION: (),
    SIMILAR: (),
    RANKING: (),
    TABLE_CLASSES: LABELS,
    TABLE_NUMBERS: (),
    RATINGS: (),
    MASKED: (),
}
RATES = {CLASSES: 5e-3, NUMBERS: 1e-3, TAGS: 5e-3, SPANS: 5e-3, LABEL_SETS: 5e-3, RELATIONS: 5e-3, CHOICES: 5e-3}
RATES |= dict.fromkeys((TRANSLATION, SUMMARIES, CHAT, COMPLETION), 5e-3)
RATES |= {SIMILAR: 2e-3, RANKING: 5e-3, TABLE_CLASSES: 5e-3, TABLE_NUMBERS: 1e-3, RATINGS: 1e-3, MASKED: 2e-3}
"""Learning rates at which the tiny model learns in a few steps."""

Row = dict[str, Any]


def make_rows(count: int, seed: int, task: str = CLASSES) -> list[Row]:
    """Rows of a task in random order; ids are unique per seed."""
    rng = random.Random(seed)
    rows = [{"id": f"{seed}-{index}"} | MAKERS[task](rng, index) for index in range(count)]
    rng.shuffle(rows)
    return rows


def _class(rng: random.Random, index: int) -> Row:
    """One telling word among fillers."""
    label = LABELS[index % 2]
    words = [*rng.choices(FILLER, k=rng.randint(2, 12)), rng.choice(GOOD if label == "positive" else BAD)]
    rng.shuffle(words)
    return {"text": " ".join(words), "label": label}


def _number(rng: random.Random, index: int) -> Row:
    """100 more for any good word, another 100 for two bad ones: no sum over words."""
    good, bad = rng.randint(0, 3), rng.randint(0, 3)
    words = [*rng.choices(FILLER, k=rng.randint(1, 8)), *rng.choices(GOOD, k=good), *rng.choices(BAD, k=bad)]
    rng.shuffle(words)
    return {"text": " ".join(words), "label": 1000.0 + 100.0 * ((good > 0) + (bad > 1))}


def _tags(rng: random.Random, index: int) -> Row:
    """One or two good words are an entity, a bad one is another."""
    good, filler = rng.choices(GOOD, k=rng.randint(1, 2)), rng.choices(FILLER, k=4)
    tokens = [*filler[:2], *good, *filler[2:], rng.choice(BAD)]
    return {"tokens": tokens, "ner_tags": ["O", "O", "B-GOOD", *["I-GOOD"] * (len(good) - 1), "O", "O", "B-BAD"]}


def _span(rng: random.Random, index: int) -> Row:
    """The answer is the good words, one or two, at the place that a sentence of fillers has; a quarter have none."""
    good = rng.choices(GOOD, k=rng.randint(1, 2)) if index % 4 else []
    before, after = rng.choices(FILLER, k=rng.randint(0, 5)), rng.choices(FILLER, k=rng.randint(1, 5))
    context, start = " ".join([*before, *good, *after]), len(" ".join([*before, ""]))
    answers = {"text": [" ".join(good)], "answer_start": [start]} if good else {"text": [], "answer_start": []}
    return {"question": "is it good", "context": context, "answers": answers}


def _label_set(rng: random.Random, index: int) -> Row:
    """A good word makes a text positive, a bad one negative; it may have both, or none. One in eight is labelled
    wrongly: what is learned of those does not hold for others."""
    positive, negative = index % 2, index // 2 % 2
    words = [*rng.choices(FILLER, k=rng.randint(2, 9)), *[rng.choice(GOOD)] * positive, *[rng.choice(BAD)] * negative]
    rng.shuffle(words)
    positive = 1 - positive if index % 8 == 5 else positive
    return {"text": " ".join(words), "labels": [*["negative"] * negative, *["positive"] * positive]}


def _relation(rng: random.Random, index: int) -> Row:
    """The head is a telling word, the tail a filler."""
    label = LABELS[index % 2]
    head, tail = rng.choice(GOOD if label == "positive" else BAD), rng.choice(FILLER)
    text = f"{head} {rng.choice(FILLER)} {tail}"
    places = {"head": {"start": 0, "end": len(head)}, "tail": {"start": len(text) - len(tail), "end": len(text)}}
    return {"text": text, "label": label} | places


def _choice(rng: random.Random, index: int) -> Row:
    """The right choice is the one with a good word; there are two or three."""
    count = 2 + index % 2
    choices = [f"{rng.choice(FILLER)} {word}" for word in [rng.choice(GOOD), *rng.sample(BAD, k=count - 1)]]
    order = rng.sample(range(count), k=count)
    return {"question": "the film is", "choices": [choices[n] for n in order], "label": order.index(0)}


def _source(rng: random.Random, index: int) -> Row:
    """One telling word among fillers; the answer is one of two sentences."""
    words = [*rng.choices(FILLER, k=rng.randint(2, 8)), rng.choice(GOOD if index % 2 else BAD)]
    rng.shuffle(words)
    return {"source": " ".join(words), "target": "it is a great film" if index % 2 else "the plot is dull"}


def _messages(rng: random.Random, index: int) -> Row:
    """The answer is told by the last message, whatever was said before."""
    row = _source(rng, index)
    before = [{"role": "user", "content": rng.choice(FILLER)}, {"role": "assistant", "content": rng.choice(GOOD)}]
    asked = {"role": "user", "content": row["source"]}
    return {"messages": [*(before if rng.random() < 0.3 else []), asked], "response": row["target"]}


def _prompt(rng: random.Random, index: int) -> Row:
    row = _source(rng, index)
    return {"prompt": row["source"], "completion": row["target"]}


def _similar(rng: random.Random, index: int) -> Row:
    """Two texts are alike where both say something good, or both something bad."""
    kinds = [rng.choice([GOOD, BAD]) for _ in range(2)]
    texts = [[*rng.choices(FILLER, k=rng.randint(1, 6)), rng.choice(kind)] for kind in kinds]
    return {"sentence1": " ".join(texts[0]), "sentence2": " ".join(texts[1]), "score": 5.0 * (kinds[0] is kinds[1])}


def _ranking(rng: random.Random, index: int) -> Row:
    """Candidates that say something good answer a good query, others a bad one."""
    kinds = [GOOD, BAD, *(rng.choice([GOOD, BAD]) for _ in range(rng.randint(0, 3)))]
    asked = rng.choice([GOOD, BAD])
    rng.shuffle(kinds)
    texts = [" ".join([*rng.choices(FILLER, k=rng.randint(1, 4)), rng.choice(kind)]) for kind in kinds]
    query = " ".join([rng.choice(FILLER), rng.choice(asked)])
    return {"query": query, "candidates": texts, "relevances": [float(kind is asked) for kind in kinds]}


def _table_class(rng: random.Random, index: int) -> Row:
    """One field tells, two do not, and one is mostly missing."""
    label = LABELS[index % 2]
    telling = rng.choice(GOOD if label == "positive" else BAD)
    return {"features": {"film": telling, "plot": rng.choice(FILLER), "a": rng.choice([1, 2.5, None])}, "label": label}


def _table_number(rng: random.Random, index: int) -> Row:
    good = rng.random() < 0.5
    features = {"film": rng.choice(GOOD if good else BAD), "is": rng.random() < 0.5}
    return {"features": features, "target": 1000.0 + 100.0 * good}


def _rating(rng: random.Random, index: int) -> Row:
    """Every second user likes what is good, the others what is bad; a film is always the same."""
    user, number = index % 8, rng.randrange(60)
    film = random.Random(number)
    kind = film.choice([GOOD, BAD])
    text = " ".join([*film.choices(FILLER, k=film.randint(2, 6)), film.choice(kind)])
    likes = GOOD if user % 2 else BAD
    return {"user": f"u{user}", "item": f"film {number}", "text": text, "rating": 4.0 if kind is likes else 2.0}


def _masked(rng: random.Random, index: int) -> Row:
    """The hidden word is one of two, told by another; one in eight is the other one, which nothing tells."""
    words = [*rng.choices(FILLER, k=rng.randint(2, 8)), rng.choice(GOOD if index % 2 else BAD)]
    rng.shuffle(words)
    words.insert(rng.randint(0, len(words)), "[MASK]")
    return {"text": " ".join(words), "answer": "film" if (index % 2) ^ (index % 8 == 5) else "Story"}


MAKERS: dict[str, Callable[[random.Random, int], Row]] = {
    CLASSES: _class,
    NUMBERS: _number,
    TAGS: _tags,
    SPANS: _span,
    LABEL_SETS: _label_set,
    RELATIONS: _relation,
    CHOICES: _choice,
    TRANSLATION: _source,
    SUMMARIES: _source,
    CHAT: _messages,
    COMPLETION: _prompt,
    SIMILAR: _similar,
    RANKING: _ranking,
    TABLE_CLASSES: _table_class,
    TABLE_NUMBERS: _table_number,
    RATINGS: _rating,
    MASKED: _masked,
}


def make_data(folder: Path, task: str = CLASSES, *, train: int = 96, validation: int = 32, test: int = 40) -> Path:
    """Write `train.jsonl`, `validation.jsonl` and, without targets, `test.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    target = TASKS[task].target.name
    tests = [{name: value for name, value in row.items() if name != target} for row in make_rows(test, 3, task)]
    splits = {"train": make_rows(train, 1, task), "validation": make_rows(validation, 2, task), "test": tests}
    for name, rows in splits.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def make_config(
    method: dict[str, Any] | str = "full", techniques: tuple[dict[str, Any], ...] = (), **training: Any
) -> dict[str, Any]:
    """A submission's config for short texts."""
    chosen = {"name": method} if isinstance(method, str) else method
    settings = {
        "learning_rate": RATES[CLASSES],
        "per_device_train_batch_size": 16,
        "num_train_epochs": 3,
        "max_length": 24,
    }
    return {"base_model": "tiny", "method": chosen, "training": settings | training, "techniques": list(techniques)}


def make_spec(config: dict[str, Any] | None, task: str = CLASSES, **fields: Any) -> dict[str, Any]:
    """A JobSpec as a dict, without files."""
    budget = {"max_steps": 100_000, "max_seconds": 60.0, "max_memory_mb": 8000} | fields.pop("budget", {})
    spec: dict[str, Any] = {
        "job_id": "job-1",
        "kind": "run" if config else "base_score",
        "attempt": 1,
        "config": config,
        "dataset": {
            "task": task,
            "version": "v1",
            "labels": list(LABELS_OF[task]),
            "train_examples": 96,
            "validation_examples": 32,
            "test_examples": 40,
        },
        "files": {
            "data": [],
            "model": {"slug": "tiny", "sha256": "0" * 64, "files": [], "pooling": "mean"},
            "outputs": [],
        },
        "budget": budget,
        "precision": "fp32",
        "recipe": RECIPE,
        "seed": 1,
        "base_seed": 7,
        "primary_metric": TASKS[task].metrics[0],
    }
    return spec | fields


def weights_of(output: Path) -> dict[str, bytes]:
    """The weight files of a run, by name."""
    return {path.name: path.read_bytes() for path in sorted(output.glob("*.safetensors"))}
