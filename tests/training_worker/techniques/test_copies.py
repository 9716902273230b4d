"""Copies whose words are left out or change places: in training inputs alone, the same for the same seed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training_worker.tiny import TAGS, make_rows
from training_worker.contract.config import parse_config
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import TECHNIQUES

pytestmark = pytest.mark.torch

WORDS = [f"word{number}" for number in range(2000)]


def copied(name: str, rows: list[dict[str, Any]], seed: int = 1, **fields: Any) -> list[dict[str, Any]]:
    from training_worker.techniques import load_technique

    config = parse_config({"base_model": "m", "method": {"name": "full"}, "techniques": [{"name": name, **fields}]})
    return load_technique(name)(config.techniques[0], TASKS["text-classification"], seed).rows(rows)


@pytest.mark.parametrize("name", ["random_deletion", "random_swap"])
def test_copies_are_added_with_their_targets_and_repeat(name: str) -> None:
    rows = make_rows(50, 1)
    given = copied(name, rows, probability=0.5, copies=2)
    assert given[:50] == rows == make_rows(50, 1)
    assert len({row["id"] for row in given}) == 150
    assert [row["label"] for row in given[50::2]] == [row["label"] for row in rows]
    assert sum(copy["text"] != row["text"] for copy, row in zip(given[50::2], rows, strict=True)) > 25
    assert given == copied(name, rows, probability=0.5, copies=2)
    assert given != copied(name, rows, seed=2, probability=0.5, copies=2)


def test_the_asked_share_of_words_is_left_out() -> None:
    (_, copy) = copied("random_deletion", [{"id": "1", "text": " ".join(WORDS), "label": "x"}], probability=0.2)
    kept = copy["text"].split(" ")
    assert 1500 < len(kept) < 1700
    assert kept == [word for word in WORDS if word in set(kept)], "in their order"
    (_, single) = copied("random_deletion", [{"id": "1", "text": "word", "label": "x"}], probability=0.5)
    assert single["text"] == "word"


def test_swapped_words_are_the_same_words_elsewhere() -> None:
    (_, copy) = copied("random_swap", [{"id": "1", "text": " ".join(WORDS), "label": "x"}], probability=0.1)
    words = copy["text"].split(" ")
    assert sorted(words) == sorted(WORDS)
    assert 300 < sum(one != other for one, other in zip(words, WORDS, strict=True)) < 500


def test_words_with_tags_stay_where_they_are() -> None:
    fitting = {name for name, technique in TECHNIQUES.items() if technique.fits(TASKS[TAGS])}
    assert {"random_deletion", "random_swap"}.isdisjoint(fitting)


def test_techniques_follow_each_other() -> None:
    rows = make_rows(10, 1)
    first = copied("random_deletion", rows)
    both = copied("random_swap", first)
    assert len({row["id"] for row in both}) == 40
