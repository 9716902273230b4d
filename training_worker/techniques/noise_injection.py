"""`noise_injection`: training copies with typing errors (Belinkov & Bisk 2018, "synthetic and natural noise")."""

from __future__ import annotations

import random
import re
import string

from ..contract.base import JSON
from ..contract.tasks.spec import Column
from ..contract.techniques import NoiseInjection as Config
from ..tasks.split import Row
from .base import Technique

WORD = re.compile(r"\S+")
SHORTEST = 3
"""Letters of a word that can have an error: a shorter one would often become another word."""


class NoiseInjection(Technique):
    """Adds to each training row its copies, their targets unchanged. The same seed gives the same copies."""

    config: Config

    def rows(self, rows: list[Row]) -> list[Row]:
        kinds = Config.inputs or ()
        columns = [column for column in self.spec.inputs if column.kind in kinds and not column.is_fixed]
        copies = [self._copy(row, columns, copy) for row in rows for copy in range(1, self.config.copies + 1)]
        return rows + copies

    def _copy(self, row: Row, columns: list[Column], copy: int) -> Row:
        """Its id has a character that no id of the data may have."""
        rng = random.Random(f"{self.seed} {row['id']} {copy}")
        noisy = {column.name: self._noisy(row[column.name], rng) for column in columns if row.get(column.name)}
        return row | noisy | {"id": f"{row['id']}#{copy}"}

    def _noisy(self, value: JSON, rng: random.Random) -> JSON:
        """A text, or a list of words; the list keeps its length."""
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
