"""`span`: a part of the context for each item, or "there is none". numpy alone.

Truth is a list of n `Asked`. Answers are a list of n texts, None where the model gave none: that is the worst answer,
whatever is right. Each metric is the mean over items of the best value over the item's right answers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract import squad
from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from .base import Estimate, FloatArray, IntArray
from .examples import Validated
from .prediction_lines import read_lines
from .span_report import Asked, SpanAnswers, span_examples, span_report
from .standard_error import mean_se

LONGEST_ANSWER = 10_000
"""Characters; a longer answer counts as none."""
ANSWERABLE, UNANSWERABLE = "answerable", "unanswerable"
"""Kinds of items, as SQuAD 2.0 reports them."""


class SpanOutput:
    """`exact_match` and `squad_f1` are those of SQuAD's evaluation script 2.0, as shares (0 … 1)."""

    metrics: tuple[str, ...] = ("exact_match", "squad_f1")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> list[Asked]:
        bad = sum(not _is_answers(value) for value in values)
        if bad:
            raise ValueError(f"{bad} values are not lists of texts and their starts")
        return [Asked(tuple(value["text"]), tuple(value["answer_start"])) for value in values]

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: list[Asked], labels: Sequence[str]
    ) -> SpanAnswers:
        answers: SpanAnswers = [None for _ in ids]

        def store(position: int | None, value: JSON) -> str:
            if value is not None and not isinstance(value, str):
                return "not texts"
            if position is not None and value is not None and len(value) <= LONGEST_ANSWER:
                answers[position] = value
            return ""

        read_lines(lines, ids, "answer", store)
        return answers

    def lines(self, ids: Sequence[str], answers: SpanAnswers, labels: Sequence[str]) -> list[str]:
        return [
            json.dumps({"id": item, "answer": answer}, ensure_ascii=False)
            for item, answer in zip(ids, answers, strict=True)
        ]

    def dummy(self, truth: list[Asked], labels: Sequence[str]) -> SpanAnswers:
        """For every item the text that is right most often, ties to the first that is asked."""
        forms = ({squad.normalize_answer(text) for text in asked.references} for asked in truth)
        counts = Counter(form for found in forms for form in sorted(found))
        return [max(counts, key=counts.__getitem__)] * len(truth)

    def take(self, items: list[Any], indices: IntArray) -> list[Any]:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: list[Asked], answers: SpanAnswers, labels: Sequence[str]) -> float:
        return float(item_scores(metric, truth, answers).mean())

    def estimate(
        self,
        metric: str,
        truth: list[Asked],
        answers: SpanAnswers,
        labels: Sequence[str],
        groups: IntArray | None = None,
    ) -> Estimate:
        """Standard error by the formula of the mean."""
        scores = item_scores(metric, truth, answers)
        return Estimate(float(scores.mean()), mean_se(scores, groups))

    def per_class(self, truth: list[Asked], answers: SpanAnswers, labels: Sequence[str]) -> dict[str, float]:
        """Mean F1 of the items with and without an answer, where there are both."""
        scores = item_scores("squad_f1", truth, answers)
        is_answerable = np.array([asked.is_answerable for asked in truth])
        if is_answerable.all() or not is_answerable.any():
            return {}
        return {
            ANSWERABLE: float(scores[is_answerable].mean()),
            UNANSWERABLE: float(scores[~is_answerable].mean()),
        }

    def items(self, truth: list[Asked], answers: SpanAnswers, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`exact_match` and `squad_f1` (n,)."""
        return {metric: item_scores(metric, truth, answers) for metric in self.metrics}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[Asked],
        answers: SpanAnswers,
        base: SpanAnswers | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return span_report(validated, validated.metric_rows(self, metrics), _f1(truth, answers), _f1(truth, base))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[Asked],
        answers: SpanAnswers,
        base: SpanAnswers | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return span_examples(validated, _f1(truth, answers), _f1(truth, base))


SCORES: dict[str, Callable[[str, str], float]] = {"exact_match": squad.exact_match, "squad_f1": squad.f1}


def item_scores(metric: str, truth: list[Asked], answers: SpanAnswers) -> FloatArray:
    """(n,) the best value over the right answers of each item, 0 without an answer."""
    score = SCORES[metric]
    return np.array(
        [
            0.0 if answer is None else max(score(text, answer) for text in asked.references)
            for asked, answer in zip(truth, answers, strict=True)
        ]
    )


def _f1(truth: list[Asked], answers: SpanAnswers | None) -> Any:
    return None if answers is None else item_scores("squad_f1", truth, answers)


def _is_answers(value: JSON) -> bool:
    if not isinstance(value, dict) or not isinstance(texts := value.get("text"), list):
        return False
    starts = value.get("answer_start")
    return isinstance(starts, list) and len(starts) == len(texts) and all(isinstance(text, str) for text in texts)
