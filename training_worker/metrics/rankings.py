"""`ranking`: a score for each candidate of an item's list; the higher, the earlier it stands.

Truth is n arrays (C_i,) of relevances, 0 for a candidate that is of no use; answers are n arrays (C_i,) of scores, (0,)
where the model gave none. Such an item counts 0 in every metric.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .examples import Validated
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .ranking_report import ranking_examples, ranking_report
from .standard_error import mean_se

Lists = list[FloatArray]
TOP = 10
"""Places that are looked at."""
DIGITS = 9


class RankingOutput:
    """`ndcg_at_10` is scikit-learn's: candidates with one score share the gains of their places. For the others a
    relevant candidate stands behind all others of its score, as in its `label_ranking_average_precision_score`:
    `recall_at_10` is the share of the relevant ones among the first ten places, `mrr` one over the place of the first
    relevant one. All are means over items.
    """

    metrics: tuple[str, ...] = ("ndcg_at_10", "recall_at_10", "mrr")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> Lists:
        bad = sum(not _are_relevances(value) for value in values)
        if bad:
            raise ValueError(f"{bad} lists are not relevances of 0 or more, one of them above 0")
        return [np.array(value, dtype=np.float64) for value in values]

    def read_answers(self, lines: Iterable[bytes], ids: Sequence[str], truth: Lists, labels: Sequence[str]) -> Lists:
        answers: Lists = [np.empty(0)] * len(ids)

        def store(position: int | None, scores: JSON) -> str:
            if not isinstance(scores, list):
                return NOT_A_PREDICTION
            if not all(_is_number(score) for score in scores):
                return "not numbers"
            if not all(_is_finite(score) for score in scores):
                return "not finite"
            if position is None:
                return ""
            if scores and len(scores) != len(truth[position]):
                return "wrong length"
            answers[position] = np.array(scores, dtype=np.float64)
            return ""

        read_lines(lines, ids, "scores", store)
        return answers

    def lines(self, ids: Sequence[str], answers: Lists, labels: Sequence[str]) -> list[str]:
        return [
            json.dumps({"id": item, "scores": _written(scores)}, ensure_ascii=False)
            for item, scores in zip(ids, answers, strict=True)
        ]

    def dummy(self, truth: Lists, labels: Sequence[str]) -> Lists:
        """The same score for every candidate."""
        return [np.zeros(len(relevances)) for relevances in truth]

    def take(self, items: Lists, indices: IntArray) -> Lists:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: Lists, answers: Lists, labels: Sequence[str]) -> float:
        return float(item_values(metric, truth, answers).mean())

    def estimate(
        self, metric: str, truth: Lists, answers: Lists, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error by the formula of the mean."""
        values = item_values(metric, truth, answers)
        return Estimate(float(values.mean()), mean_se(values, groups))

    def per_class(self, truth: Lists, answers: Lists, labels: Sequence[str]) -> dict[str, float]:
        return {}

    def items(self, truth: Lists, answers: Lists, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """Each metric (n,) of each item."""
        return {metric: item_values(metric, truth, answers) for metric in self.metrics}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Lists,
        answers: Lists,
        base: Lists | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return ranking_report(validated, validated.metric_rows(self, metrics), *_errors(truth, answers, base))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Lists,
        answers: Lists,
        base: Lists | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return ranking_examples(Validated(rows, inputs, truth, answers, base, labels), *_errors(truth, answers, base))


def item_values(metric: str, truth: Lists, answers: Lists) -> FloatArray:
    """(n,) the metric of each item. Raises KeyError for one that is none of lists."""
    of = {"ndcg_at_10": _ndcg, "recall_at_10": _recall, "mrr": _reciprocal_rank}[metric]
    pairs = zip(truth, answers, strict=True)
    return np.array([of(relevances, scores) if len(scores) else 0.0 for relevances, scores in pairs])


def _errors(truth: Lists, answers: Lists, base: Lists | None) -> tuple[FloatArray, FloatArray | None]:
    """(n,) 1 − NDCG of the run's and of the base model's answers."""
    own = 1 - item_values("ndcg_at_10", truth, answers)
    return own, None if base is None else 1 - item_values("ndcg_at_10", truth, base)


def _ndcg(relevances: FloatArray, scores: FloatArray) -> float:
    """Gains are the relevances, discounted by log2(1 + place) (Järvelin & Kekäläinen 2002); ties by McSherry & Najork
    2008. 0 where nothing is relevant."""
    discounts = 1 / np.log2(np.arange(2, len(scores) + 2))
    discounts[TOP:] = 0
    best = float(np.sort(relevances)[::-1] @ discounts)
    _scores, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    ends = np.concatenate([[0.0], np.cumsum(discounts)])[np.cumsum(sizes)]
    of_group = np.diff(ends, prepend=0.0)
    gains = np.bincount(group, weights=relevances) / sizes
    return min(1.0, float(gains @ of_group) / best) if best else 0.0


def _places(relevances: FloatArray, scores: FloatArray) -> IntArray:
    """Places (from 1) of the relevant candidates, behind all others of their score."""
    order = np.lexsort((relevances > 0, -scores))
    places: IntArray = np.flatnonzero(relevances[order] > 0) + 1
    return places


def _recall(relevances: FloatArray, scores: FloatArray) -> float:
    places = _places(relevances, scores)
    return float((places <= TOP).mean()) if len(places) else 0.0


def _reciprocal_rank(relevances: FloatArray, scores: FloatArray) -> float:
    places = _places(relevances, scores)
    return 1 / float(places[0]) if len(places) else 0.0


def _written(scores: FloatArray) -> list[float]:
    return [float(f"{score:.{DIGITS}g}") for score in scores.tolist()] if np.isfinite(scores).all() else []


def _are_relevances(value: JSON) -> bool:
    if not isinstance(value, list) or not all(_is_number(one) and _is_finite(one) for one in value):
        return False
    return all(one >= 0 for one in value) and any(one > 0 for one in value)


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    """Also of a whole number: 10**400 is larger than any float."""
    try:
        return isfinite(value)
    except OverflowError:
        return False
