"""`random_deletion`: training copies without some of their words (EDA: Wei & Zou 2019)."""

from __future__ import annotations

import random

from ..contract.base import JSON
from ..contract.techniques import RandomDeletion as Config
from .copies import CopyingTechnique


class RandomDeletion(CopyingTechnique):
    config: Config

    def changed(self, value: JSON, rng: random.Random) -> JSON:
        """Of a text at least one word stays."""
        words = str(value).split(" ")
        kept = [word for word in words if rng.random() >= self.config.probability]
        return " ".join(kept or [rng.choice(words)])


TECHNIQUE = RandomDeletion
