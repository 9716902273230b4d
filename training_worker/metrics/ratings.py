"""`rating`: the number that a user gives an item. A user's items are one list, in the order of the numbers too. numpy
alone.

Truth is `Ratings`; answers are (n,) as in `numbers`, where an item without one has the worst, and so the worst place.
Users are the units of every standard error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .examples import Validated
from .number_report import number_examples, number_report
from .numbers import NumberOutput, fill
from .rankings import TOP, Lists, item_values
from .standard_error import mean_se

NUMBERS = NumberOutput()
LISTS = ("ndcg_at_10", "recall_at_10")
NOBODY = 0.0
"""Value of a metric of lists where no order of anybody's items is better than another."""


@dataclass(frozen=True, repr=False, eq=False)
class Ratings:
    """`values` (n,) of n items and the number of the user of each, `users` (n,)."""

    values: FloatArray
    users: IntArray

    def __len__(self) -> int:
        return len(self.values)


class RatingOutput:
    """Errors are those of `numbers`. `ndcg_at_10` has the distance from the user's lowest rating as gains;
    `recall_at_10` asks for the items that are above the mean of the user's list. Both are means over users that have an
    order: not all of one rating, and for recall more items than places."""

    metrics: tuple[str, ...] = ("rmse", "mae", "r2", *LISTS)

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> Ratings:
        """`values` are pairs of a user's name and the number (`TaskSpec.truth_of`)."""
        bad = sum(not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)) for value in values)
        if bad:
            raise ValueError(f"{bad} values are not a user and a rating")
        numbers = NUMBERS.read_truth([value for _user, value in values], labels)
        names = {name: number for number, name in enumerate(dict.fromkeys(user for user, _value in values))}
        return Ratings(numbers, np.array([names[user] for user, _value in values], dtype=np.intp))

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: Ratings, labels: Sequence[str]
    ) -> FloatArray:
        return NUMBERS.read_answers(lines, ids, truth.values, labels)

    def lines(self, ids: Sequence[str], answers: FloatArray, labels: Sequence[str]) -> list[str]:
        return NUMBERS.lines(ids, answers, labels)

    def dummy(self, truth: Ratings, labels: Sequence[str]) -> FloatArray:
        """The mean for every item."""
        return NUMBERS.dummy(truth.values, labels)

    def take(self, items: Ratings | FloatArray, indices: IntArray) -> Any:
        if isinstance(items, Ratings):
            return Ratings(items.values[indices], items.users[indices])
        return items[indices]

    def value(self, metric: str, truth: Ratings, answers: FloatArray, labels: Sequence[str]) -> float:
        if metric in LISTS:
            values = user_values(metric, truth, answers)
            return float(values.mean()) if len(values) else NOBODY
        return NUMBERS.value(metric, truth.values, answers, labels)

    def estimate(
        self, metric: str, truth: Ratings, answers: FloatArray, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Over users, whatever `groups` say."""
        if metric in LISTS:
            values = user_values(metric, truth, answers)
            return Estimate(float(values.mean()), mean_se(values)) if len(values) else Estimate(NOBODY, 0.0)
        return NUMBERS.estimate(metric, truth.values, answers, labels, truth.users)

    def per_class(self, truth: Ratings, answers: FloatArray, labels: Sequence[str]) -> dict[str, float]:
        return {}

    def items(self, truth: Ratings, answers: FloatArray, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        return NUMBERS.items(truth.values, answers, labels)

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Ratings,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        whole = Validated(rows, inputs, truth, answers, base, labels)
        validated, filled, filled_base = _of_numbers(whole)
        return number_report(validated, whole.metric_rows(self, metrics), filled=filled, filled_base=filled_base)

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Ratings,
        answers: FloatArray,
        base: FloatArray | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        validated, filled, filled_base = _of_numbers(Validated(rows, inputs, truth, answers, base, labels))
        return number_examples(validated, filled=filled, filled_base=filled_base)


def user_values(metric: str, truth: Ratings, answers: FloatArray) -> FloatArray:
    """(u,) a metric of lists of each user whose items have an order."""
    filled = fill(truth.values, answers)
    order = np.argsort(truth.users, kind="stable")
    ends = np.flatnonzero(np.diff(truth.users[order])) + 1
    relevances: Lists = []
    scores: Lists = []
    for places in np.split(order, ends):
        ratings = truth.values[places]
        if np.ptp(ratings) > 0 and (metric != "recall_at_10" or len(ratings) > TOP):
            relevances.append(_relevances(metric, ratings))
            scores.append(filled[places])
    return item_values(metric, relevances, scores)


def _relevances(metric: str, ratings: FloatArray) -> FloatArray:
    relevances: FloatArray = ratings - ratings.min() if metric == "ndcg_at_10" else ratings - ratings.mean()
    return np.maximum(relevances, 0.0)


def _of_numbers(
    items: Validated[Ratings, FloatArray],
) -> tuple[Validated[FloatArray, FloatArray], FloatArray, FloatArray | None]:
    """The items without their users, and the answers with the worst one where there is none."""
    truth = items.truth.values
    base = None if items.base is None else fill(truth, items.base)
    return (
        Validated(items.rows, items.inputs, truth, items.answers, items.base, items.labels),
        fill(truth, items.answers),
        base,
    )
