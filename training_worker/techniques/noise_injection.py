"""`noise_injection`: training copies with typing errors (Belinkov & Bisk 2018, "synthetic and natural noise")."""

from __future__ import annotations

import random
import re
import string

from ..contract.base import JSON
from ..contract.techniques import NoiseInjection as Config
from .copies import CopyingTechnique

WORD = re.compile(r"\S+")
SHORTEST = 3
"""Letters of a word that can have an error: a shorter one would often become another word."""


class NoiseInjection(CopyingTechnique):
    config: Config

    def changed(self, value: JSON, rng: random.Random) -> JSON:
        if isinstance(value, str):
            return WORD.sub(lambda match: self._maybe(match[0], rng), value)
        return [self._maybe(word, rng) for word in value]

    def _maybe(self, word: str, rng: random.Random) -> str:
        is_chosen = rng.random() < self.config.probability
        return misspell(word, rng) if is_chosen and len(word) >= SHORTEST else word


def misspell(word: str, rng: random.Random) -> str:
    """The word with two neighbouring letters swapped, or one lost, doubled or changed to another of a … z."""
    at = rng.randrange(len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    match rng.randrange(4):
        case 0:
            return before + after[0] + letter + after[1:]
        case 1:
            return before + after
        case 2:
            return before + letter + letter + after
        case _:
            return before + rng.choice(string.ascii_lowercase.replace(letter, "")) + after


TECHNIQUE = NoiseInjection
