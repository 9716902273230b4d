"""What differs between a reference and an output."""

from __future__ import annotations

import random

import pytest

from hackathon.presentation.word_diff import MOST_WORDS, word_diff

WORDS = ("the", "cat", "sat", "猫", "在")


def shown(reference: str, output: str) -> str:
    marks = {"span": "{}", "del": "[-{}-]", "ins": "[+{}+]"}
    return "".join(marks[part.tag].format(part.text) for part in word_diff(reference, output))


@pytest.mark.parametrize(
    ("reference", "output", "expected"),
    [
        ("the cat sat", "the cat sat", "the cat sat"),
        ("the cat sat", "the dog sat", "the [-cat-] [+dog+] sat"),
        ("the cat sat", "the cat", "the cat [-sat-]"),
        ("the cat", "the cat sat", "the cat [+sat+]"),
        ("a b", "c", "[-a b-] [+c+]"),
        ("one\n\ntwo", "one\n\n2", "one\n\n[-two-] [+2+]"),
        ("我喜欢苹果", "我喜欢梨", "我喜欢[-苹果-][+梨+]"),
        ("a", "", "[-a-]"),
    ],
)
def test_by_hand(reference: str, output: str, expected: str) -> None:
    assert shown(reference, output) == expected


@pytest.mark.parametrize("seed", range(50))
def test_both_texts_can_be_read_from_it(seed: int) -> None:
    rng = random.Random(seed)
    reference, output = (" ".join(rng.choices(WORDS, k=rng.randint(1, 12))) for _ in range(2))
    parts = word_diff(reference, output)
    for text, left_out in ((reference, "ins"), (output, "del")):
        kept = "".join(part.text for part in parts if part.tag != left_out)
        assert "".join(kept.split()) == "".join(text.split())


def test_long_texts_are_not_compared() -> None:
    assert word_diff("a " * (MOST_WORDS + 1), "a") == ()
    assert word_diff("a " * MOST_WORDS, "b " * MOST_WORDS) != ()
