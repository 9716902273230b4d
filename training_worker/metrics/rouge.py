"""ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004) as rouge_score has them without a stemmer: the mean F-measure of the items.

Computed here: importing rouge_score takes two seconds and 150 MB, and its search for ROUGE-L is slow. It knows the
letters a to z alone; of other scripts the words, or where they have no spaces the characters, are counted alike
(`words.plain_words`).
"""

from __future__ import annotations

from collections import Counter

from rapidfuzz.distance import LCSseq

from .text_metric import MeanMetric
from .words import plain_words


class RougeN(MeanMetric):
    """Overlap of n-grams of words."""

    def __init__(self, n: int) -> None:
        self._n = n

    def score(self, truth: str, answer: str) -> float:
        right, said = self._grams(truth), self._grams(answer)
        return _f_measure((right & said).total(), right.total(), said.total())

    def _grams(self, text: str) -> Counter[tuple[str, ...]]:
        words = plain_words(text)
        return Counter(zip(*(words[start:] for start in range(self._n)), strict=False))


class RougeL(MeanMetric):
    """Longest common subsequence of words."""

    def score(self, truth: str, answer: str) -> float:
        right, said = plain_words(truth), plain_words(answer)
        return _f_measure(LCSseq.similarity(right, said), len(right), len(said))


def _f_measure(common: int, right: int, said: int) -> float:
    return 2 * common / (right + said) if common else 0.0
