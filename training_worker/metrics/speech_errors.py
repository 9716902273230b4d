"""Word and character error rates of what was heard (jiwer's, of normalised texts).

Case, punctuation and the spelling of a letter with its accents in one or two characters do not count, and an apostrophe
inside a word is not there: "It’s" is "its". Numbers are compared as they are written. Scripts without spaces count by
the character. A reference in which nothing of that is left is compared as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from .base import FloatArray
from .text_metric import Counts, TextMetric
from .words import plain_words

_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")


class ErrorRate(TextMetric):
    """Counts: insertions, deletions and substitutions, and what the reference has: Σ edits / Σ reference. Above 1 where
    more was heard than was said; no answer has 1."""

    is_error = True

    def counts(self, truth: str, answer: str) -> Counts:
        is_bare = not spoken_words(truth)
        said, heard = (self.parts(text.split() if is_bare else spoken_words(text)) for text in (truth, answer))
        return float(Levenshtein.distance(said, heard)), float(len(said))

    def parts(self, words: list[str]) -> Sequence[str]:
        """What is compared, of the words of a text."""
        return words

    def of_sums(self, sums: FloatArray) -> FloatArray:
        rates: FloatArray = np.asarray(sums[..., 0] / sums[..., 1])
        return rates


class Wer(ErrorRate):
    """By words."""


class Cer(ErrorRate):
    """By characters, a space between words among them."""

    def parts(self, words: list[str]) -> Sequence[str]:
        return " ".join(words)


def spoken_words(text: str) -> list[str]:
    return plain_words(_APOSTROPHE.sub("", unicodedata.normalize("NFKC", text)))
