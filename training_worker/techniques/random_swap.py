"""`random_swap`: training copies in which some words have changed places (EDA: Wei & Zou 2019)."""

from __future__ import annotations

import random

from ..contract.base import JSON
from ..contract.techniques import RandomSwap as Config
from .copies import CopyingTechnique


class RandomSwap(CopyingTechnique):
    config: Config

    def changed(self, value: JSON, rng: random.Random) -> JSON:
        """Each word, with the asked probability, changes places with any other."""
        words = str(value).split(" ")
        for place in range(len(words)):
            if rng.random() < self.config.probability:
                other = rng.randrange(len(words))
                words[place], words[other] = words[other], words[place]
        return " ".join(words)


TECHNIQUE = RandomSwap
