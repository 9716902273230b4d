"""Who stands where: pure functions over scores that are already rounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .rounding import round_to_step

if TYPE_CHECKING:
    from .models import Result


def places(values: Sequence[float]) -> list[int]:
    """Places of scores sorted from best to worst: equal ones share a place, the next counts all before it (1, 1, 3)."""
    shown: list[int] = []
    for position, value in enumerate(values):
        is_tied = position > 0 and value == values[position - 1]
        shown.append(shown[-1] if is_tied else position + 1)
    return shown


def best_result(results: Iterable[Result], step: float) -> Result:
    """A team's best: highest public score as shown; among equals the submission that was received first.

    Every result must belong to a submission; there must be at least one.
    """
    return min(results, key=lambda result: _order(result, step))


def _order(result: Result, step: float) -> tuple[float, object, int]:
    submission = result.submission
    return -round_to_step(result.public_score, step), submission.received_at, submission.number
