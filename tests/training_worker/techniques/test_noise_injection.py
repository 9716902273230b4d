"""Typing errors: in training inputs alone, the same for the same seed, of the asked share."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.training_worker.tiny import TAGS, make_rows
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import NoiseInjection

pytestmark = pytest.mark.torch

TEXT = " ".join(["wonderful"] * 2000)


def noisy(rows: list[dict[str, Any]], task: str = "text-classification", seed: int = 1, **fields: Any) -> list[Any]:
    from training_worker.techniques.noise_injection import TECHNIQUE

    config = NoiseInjection(name="noise_injection", **fields)
    return TECHNIQUE(config, TASKS[task], seed).rows(rows)


def test_rows_are_kept_and_copies_are_added_with_their_targets() -> None:
    rows = make_rows(50, 1)
    given = noisy(rows, probability=0.5, copies=2)
    assert given[:50] == rows == make_rows(50, 1)
    assert len(given) == 150 == NoiseInjection(name="noise_injection", copies=2).training_examples(50)
    assert len({row["id"] for row in given}) == 150
    for at, row in enumerate(rows):
        first, second = given[50 + 2 * at : 52 + 2 * at]
        assert first["label"] == second["label"] == row["label"]
        assert len(first["text"].split()) == len(row["text"].split())
    changed = [row["text"] for row in given[50::2]]
    assert sum(text != row["text"] for text, row in zip(changed, rows, strict=True)) > 40
    assert changed != [row["text"] for row in given[51::2]]


def test_the_asked_share_of_words_has_one_error() -> None:
    (_, copy) = noisy([{"id": "1", "text": TEXT, "label": "positive"}], probability=0.2)
    wrong = [word for word in copy["text"].split(" ") if word != "wonderful"]
    assert len(copy["text"].split(" ")) == 2000
    assert 340 < len(wrong) < 460
    assert {len(word) for word in wrong} == {8, 9, 10}


def test_the_same_seed_gives_the_same_copies() -> None:
    rows = make_rows(20, 1)
    assert noisy(rows) == noisy(rows)
    assert noisy(rows) != noisy(rows, seed=2)
    assert noisy(rows[:10])[10:] == noisy(rows)[20:30]


def test_words_keep_their_tags() -> None:
    rows = make_rows(30, 1, TAGS)
    copies = noisy(rows, TAGS, probability=0.5)[30:]
    for row, copy in zip(rows, copies, strict=True):
        assert copy["ner_tags"] == row["ner_tags"]
        assert len(copy["tokens"]) == len(row["tokens"])
        assert all(copy["tokens"])
    assert any(row["tokens"] != copy["tokens"] for row, copy in zip(rows, copies, strict=True))


def test_pairs_are_both_changed_and_what_is_missing_stays_missing() -> None:
    rows = [{"id": "1", "text": TEXT, "text_pair": TEXT, "label": "x"}, {"id": "2", "text": "", "label": "x"}]
    _, _, pair, single = noisy(rows, probability=0.5)
    assert pair["text"] != TEXT != pair["text_pair"] != pair["text"]
    assert single == {"id": "2#noise_injection1", "text": "", "label": "x"}


def test_short_words_stay() -> None:
    (_, copy) = noisy([{"id": "1", "text": "it is a no", "label": "x"}], probability=0.5)
    assert copy["text"] == "it is a no"


def test_misspell_makes_one_of_four_errors() -> None:
    from training_worker.techniques.noise_injection import misspell

    made = {misspell("abc", random.Random(seed)) for seed in range(500)}
    assert {"bac", "acb", "bc", "ac", "aabc", "abbc"} < made
    assert "abc" not in made
    others = made - {"bac", "acb", "bc", "ac", "aabc", "abbc"}
    assert all(len(word) == 3 and word[-1] == "c" for word in others)
