"""Claims of one process take turns, and those that waited together share one reading of the queue."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from hackathon.models import BaseModel
from training_worker.contract.wire import NodeReport

MEGABYTE = 2**20


@dataclass(frozen=True)
class Abilities:
    """What decides which jobs a node can run; those of two equal ones are the same."""

    kinds: tuple[str, ...]
    precisions: tuple[str, ...]
    recipe: str
    memory_mb: int
    can_load_in_4bit: bool
    models: tuple[UUID, ...]

    @classmethod
    def of(cls, report: NodeReport, enabled: Iterable[BaseModel]) -> Self:
        return cls(
            kinds=tuple(kind.value for kind in report.kinds),
            precisions=tuple(precision.value for precision in report.precisions),
            recipe=report.recipe,
            memory_mb=report.memory_mb,
            can_load_in_4bit=report.can_load_in_4bit,
            models=tuple(model.pk for model in enabled if _fits_disk(model, report)),
        )


@dataclass(frozen=True)
class Reading:
    """Of teams with nothing running, the next job of each in the order of turns, as it was at tick `at`.

    It stays that order while jobs are taken from its head: a team that starts one goes behind all that are left.
    """

    at: int
    models: tuple[BaseModel, ...]
    abilities: Abilities
    left: deque[UUID]

    def take(self) -> Iterator[UUID]:
        while self.left:
            yield self.left.popleft()


class Turns:
    """A claim costs processor time more than waiting: threads of one process that take turns are all served as soon as
    the last of them would be, and half of them much sooner."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._ticks = itertools.count()
        self._reading: Reading | None = None

    @contextmanager
    def take(self) -> Iterator[int]:
        """Wait for one's turn. Gives the tick at which the waiting began."""
        came = self.tick()
        with self._turn:
            yield came

    def tick(self) -> int:
        return next(self._ticks)

    def share(self, reading: Reading) -> None:
        """Needs the turn."""
        self._reading = reading

    def jobs_for(self, report: NodeReport, came: int) -> Iterator[UUID]:
        """What is left of the last reading, for a node that can run the same, if the claim was waiting already when
        the queue was read: a claim is never answered by what was before it came. Needs the turn."""
        reading = self._reading
        if reading is None or reading.at < came or Abilities.of(report, reading.models) != reading.abilities:
            return iter(())
        return reading.take()


def _fits_disk(model: BaseModel, node: NodeReport) -> bool:
    """Is there room for the model, unless the node has it already, and as much again for what training writes?"""
    if model.sha256 in node.cached_models:
        return node.disk_free_mb >= 100
    size: int = sum(file["size"] for file in model.manifest["files"])
    return node.disk_free_mb >= 2 * size / MEGABYTE
