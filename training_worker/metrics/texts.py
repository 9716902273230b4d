"""`text`: a text for each item.

Truth and answers are lists of n texts; "" is "no answer". One that is blank or longer than `LONGEST_ANSWER` characters
is none. Every metric is a function of counts summed over items (`text_metric.TextMetric`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport
from ..contract.tasks.spec import LONGEST_ANSWER
from ..contract.text import cleaned
from .base import Estimate, FloatArray, IntArray
from .examples import Validated
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .rouge import RougeL, RougeN
from .speech_errors import Cer, Wer
from .standard_error import bootstrap_sums, count_units
from .text_metric import ExactMatch, TextMetric
from .text_report import text_examples, text_report
from .translation_scores import Bleu, Chrf, Ter

Texts = list[str]

TEXT_METRICS: dict[str, TextMetric] = {
    "bleu": Bleu(),
    "chrf": Chrf(),
    "ter": Ter(),
    "rouge1": RougeN(1),
    "rouge2": RougeN(2),
    "rougeL": RougeL(),
    "exact_match": ExactMatch(),
    "wer": Wer(),
    "cer": Cer(),
}
ERRORS_BY = "chrf"
"""What says how far off a single answer is, where no metric of the task does."""


class TextOutput:
    """`task_metrics` are those of a task: the first that tells single answers apart orders the examples of a report."""

    metrics: tuple[str, ...] = tuple(TEXT_METRICS)

    def __init__(self, task_metrics: Sequence[str] = ()) -> None:
        telling = (name for name in task_metrics if TEXT_METRICS[name].tells_items_apart)
        self._errors_by = TEXT_METRICS[next(telling, ERRORS_BY)]

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> Texts:
        bad = sum(not isinstance(value, str) or not answered(value) for value in values)
        if bad:
            raise ValueError(f"{bad} values are not texts of 1 to {LONGEST_ANSWER} characters")
        return list(values)

    def read_answers(self, lines: Iterable[bytes], ids: Sequence[str], truth: Texts, labels: Sequence[str]) -> Texts:
        answers = [""] * len(ids)

        def store(position: int | None, text: JSON) -> str:
            if text is not None and not isinstance(text, str):
                return NOT_A_PREDICTION
            if position is not None:
                answers[position] = answered(text or "")
            return ""

        read_lines(lines, ids, "text", store)
        return answers

    def lines(self, ids: Sequence[str], answers: Texts, labels: Sequence[str]) -> list[str]:
        """Characters that may not come in are U+FFFD."""
        texts = (cleaned(answered(answer), LONGEST_ANSWER) or None for answer in answers)
        return [
            json.dumps({"id": item, "text": text}, ensure_ascii=False) for item, text in zip(ids, texts, strict=True)
        ]

    def dummy(self, truth: Texts, labels: Sequence[str]) -> Texts:
        """The most frequent text, ties to the first."""
        return [Counter(truth).most_common(1)[0][0]] * len(truth)

    def take(self, items: Texts, indices: IntArray) -> Texts:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: Texts, answers: Texts, labels: Sequence[str]) -> float:
        return float(TEXT_METRICS[metric].of_sums(_table(metric, truth, answers).sum(axis=0)))

    def estimate(
        self, metric: str, truth: Texts, answers: Texts, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """Standard error by bootstrap over items."""
        of, counts = TEXT_METRICS[metric], _table(metric, truth, answers)
        value = float(of.of_sums(counts.sum(axis=0)))
        if count_units(len(truth), groups) < 2:
            return Estimate(value, of.scale / 2)
        return Estimate(value, float(of.of_sums(bootstrap_sums(counts, groups)).std(ddof=1)))

    def per_class(self, truth: Texts, answers: Texts, labels: Sequence[str]) -> dict[str, float]:
        return {}

    def items(self, truth: Texts, answers: Texts, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """By metric its counts (n, m)."""
        return {name: _table(name, truth, answers) for name in self.metrics}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Texts,
        answers: Texts,
        base: Texts | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = self._validated(rows, inputs, truth, answers, base, labels)
        return text_report(validated, validated.metric_rows(self, metrics), self._errors_by.errors)

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Texts,
        answers: Texts,
        base: Texts | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return text_examples(self._validated(rows, inputs, truth, answers, base, labels), self._errors_by.errors)

    def _validated(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Texts,
        answers: Texts,
        base: Texts | None,
        labels: Sequence[str],
    ) -> Validated[Texts, Texts]:
        given = list(map(answered, answers))
        return Validated(rows, inputs, truth, given, None if base is None else list(map(answered, base)), labels)


def answered(text: str) -> str:
    """The answer; "" for one that is none."""
    return text if text.strip() and len(text) <= LONGEST_ANSWER else ""


def _table(metric: str, truth: Texts, answers: Texts) -> FloatArray:
    return TEXT_METRICS[metric].table(truth, list(map(answered, answers)))
