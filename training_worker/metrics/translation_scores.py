"""BLEU, chrF and TER, sacrebleu's with their default settings, as functions of counts.

Texts in Han or kana are spaced first (`words.spaced`). An item without an answer counts in BLEU and chrF as if as many
n-grams as the truth has were said and all wrong, so that it is never better than a wrong answer of the truth's length;
in TER as if every word was missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from .base import FloatArray
from .text_metric import Counts, TextMetric
from .words import spaced

MOST_PAIRED_WORDS = 10_000
"""Words of the truth times words of the answer up to which TER looks for blocks to shift: beyond, single items took
seconds. Longer texts count their insertions, deletions and substitutions alone, which is never less."""

_bleu, _chrf, _ter = BLEU(), CHRF(), TER()


class Bleu(TextMetric):
    """Counts: words of answer and truth, then the right and all n-grams of each order from 1 to 4 of the answer."""

    scale = 100.0
    tells_items_apart = False

    def counts(self, truth: str, answer: str) -> Counts:
        said = spaced(answer or truth)
        words, of_truth, *grams = _bleu._extract_corpus_statistics([said], [[spaced(truth)]])[0]
        return (words, of_truth, *grams) if answer else (0, of_truth, *[0] * 4, *grams[4:])

    def of_sums(self, sums: FloatArray) -> FloatArray:
        return _each(sums, lambda row: _bleu._compute_score_from_stats(row).score)


class Chrf(TextMetric):
    """Counts: n-grams of answer and truth, and those in both, of each order from 1 to 6 characters."""

    scale = 100.0

    def counts(self, truth: str, answer: str) -> Counts:
        counts = _chrf._extract_corpus_statistics([answer or truth], [[truth]])[0]
        return tuple(counts if answer else [0 if place % 3 == 2 else count for place, count in enumerate(counts)])

    def of_sums(self, sums: FloatArray) -> FloatArray:
        return _each(sums, _chrf._compute_f_score)


class Ter(TextMetric):
    """Counts: edits, and words of the truth."""

    scale = 100.0
    is_error = True

    def counts(self, truth: str, answer: str) -> Counts:
        said, right = spaced(answer), spaced(truth)
        of_answer, of_truth = (_ter._preprocess_segment(text).split() for text in (said, right))
        if len(of_answer) * len(of_truth) > MOST_PAIRED_WORDS:
            return Levenshtein.distance(of_answer, of_truth), len(of_truth)
        edits, words = _ter._extract_corpus_statistics([said], [[right]])[0]
        return edits, words

    def of_sums(self, sums: FloatArray) -> FloatArray:
        return _each(sums, lambda row: _ter._compute_score_from_stats(row).score)


def _each(sums: FloatArray, value: Callable[[Any], float]) -> FloatArray:
    """The library's own arithmetic on each row."""
    rows = sums.reshape(-1, sums.shape[-1]).tolist()
    return np.array([value(row) for row in rows], dtype=np.float64).reshape(sums.shape[:-1])
