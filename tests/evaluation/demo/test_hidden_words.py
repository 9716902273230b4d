"""The challenge of hidden words: what is hidden, and that the bundle of the installed docstrings has no problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.demo.datasets import hidden_words
from evaluation.demo.datasets.hidden_words import ANSWERS, COMMON, hide_words, sentences_of
from hackathon.bundles.reading import inspect_bundle

SHORT = "It is short."
DOCSTRINGS = [(f"Return the matrix of number {n} for the estimator. {SHORT}", f"Fit it {n}.") for n in range(20)]


def test_sentences_are_whole_and_each_is_there_once() -> None:
    found = sentences_of(DOCSTRINGS + DOCSTRINGS)
    assert sorted(found) == sorted({f"Return the matrix of number {n} for the estimator." for n in range(20)})


def test_a_frequent_word_is_hidden_once_and_no_common_one() -> None:
    hidden = list(
        hide_words([f"Use this matrix with the `estimator` of x.shape and the number {n}." for n in range(30)])
    )
    assert {word for _text, word in hidden} == {"matrix", "number"}
    assert all(text.count("[MASK]") == 1 and word not in text for text, word in hidden)
    assert "this" in COMMON


def test_the_installed_docstrings_are_a_bundle(tmp_path: Path) -> None:
    hidden_words.make(tmp_path / "bundle")
    found = inspect_bundle(tmp_path / "bundle")
    assert found.problems.all() == []
    assert found.bundle is not None
    assert len({row.values["answer"] for row in found.bundle.train}) <= ANSWERS
    with pytest.raises(ValueError, match="are needed"):
        hidden_words.write_bundle(tmp_path / "few", [("a [MASK]", "word")])
