"""Who stands where: pure functions over scores that are already rounded."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

from training_worker.contract.metrics import METRICS, MetricSpec

from .rounding import round_to_step

if TYPE_CHECKING:
    from evaluation.models import Result


def places(values: Sequence[float]) -> list[int]:
    """Places of scores sorted from best to worst: equal ones share a place, the next counts all before it (1, 1, 3)."""
    shown: list[int] = []
    for position, value in enumerate(values):
        is_tied = position > 0 and value == values[position - 1]
        shown.append(shown[-1] if is_tied else position + 1)
    return shown


def running_best(values: Iterable[float], metric: MetricSpec) -> tuple[float, ...]:
    """The best so far after each value: (0.7, 0.6, 0.8) gives (0.7, 0.7, 0.8) where higher is better."""
    return tuple(accumulate(values, max if metric.sign > 0 else min))


def pareto_front(points: Iterable[tuple[float, float]], metric: MetricSpec) -> list[tuple[float, float]]:
    """The (cost, score) that nothing beats, by cost: no other costs at most as much and scores at least as well."""
    front: list[tuple[float, float]] = []
    for cost, score in sorted(set(points), key=lambda point: (point[0], -metric.sign * point[1])):
        if not front or metric.gain(score, front[-1][1]) > 0:
            front.append((cost, score))
    return front


def best_result(results: Iterable[Result], step: float) -> Result:
    """A team's best: best public score as shown; among equals the submission that was received first.

    So the time at which it was received is the team's last improvement: when its shown best last changed. A later
    submission that shows the same, and one that was received later but scored sooner, do not move it.
    Every result must belong to a submission; there must be at least one.
    """
    return best_results(results, step, 1)[0]


def best_results(results: Iterable[Result], step: float, most: int) -> list[Result]:
    """At most so many, the best first, in the order that `best_result` goes by."""
    return heapq.nsmallest(most, results, key=lambda result: _order(result, step))


def _order(result: Result, step: float) -> tuple[float, datetime, int]:
    return -METRICS[result.metric].sign * round_to_step(result.public_score, step), *reception(result)


def reception(result: Result) -> tuple[datetime, int]:
    """Key of the order in which submissions were received."""
    return result.submission.received_at, result.submission.number
