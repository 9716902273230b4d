"""Augmentation: training copies whose texts are changed, their targets as they were."""

from __future__ import annotations

import random
from abc import abstractmethod
from typing import Any

from ..contract.base import JSON
from ..contract.tasks.spec import Column
from ..tasks.split import Row
from .base import Technique


class CopyingTechnique(Technique):
    """Adds to each training row its copies. The same seed gives the same copies."""

    config: Any

    @abstractmethod
    def changed(self, value: JSON, rng: random.Random) -> JSON:
        """A text, or a list of words, which keeps its length."""

    def rows(self, rows: list[Row]) -> list[Row]:
        kinds = type(self.config).inputs or ()
        columns = [column for column in self.spec.inputs if column.kind in kinds and not column.is_fixed]
        copies = [self._copy(row, columns, copy) for row in rows for copy in range(1, self.config.copies + 1)]
        return rows + copies

    def _copy(self, row: Row, columns: list[Column], copy: int) -> Row:
        """Its id has characters that no id of the data may have; it names the technique, as there may be several."""
        rng = random.Random(f"{self.seed} {row['id']} {copy}")
        changed = {column.name: self.changed(row[column.name], rng) for column in columns if row.get(column.name)}
        return row | changed | {"id": f"{row['id']}#{self.config.name}{copy}"}
