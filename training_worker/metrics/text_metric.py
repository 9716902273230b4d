"""What a metric of texts is: a function of counts that are summed over items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np

from .base import FloatArray

MOST_PAIRS = 2**15
"""Counts that a metric keeps: the truth is compared with the same answers for value, error and report."""

Counts = tuple[float, ...]


class TextMetric(ABC):
    """`scale` is the best value where higher is better, and that of a wholly wrong answer where lower is."""

    scale: float = 1.0
    is_error: bool = False
    """Lower is better."""
    tells_items_apart: bool = True
    """Its value of a single item says how good that answer is."""

    @abstractmethod
    def counts(self, truth: str, answer: str) -> Counts:
        """Of one item, m numbers. The answer "" is none."""

    @abstractmethod
    def of_sums(self, sums: FloatArray) -> FloatArray:
        """(…) values of the metric from (…, m) sums of counts."""

    def table(self, truth: list[str], answers: list[str]) -> FloatArray:
        """(n, m)"""
        return np.array([self._kept(*pair) for pair in zip(truth, answers, strict=True)], dtype=np.float64)

    def errors(self, truth: list[str], answers: list[str]) -> FloatArray:
        """(n,) how far off each answer is by this metric alone: 0 for the best there is, 1 for none."""
        shares: FloatArray = self.of_sums(self.table(truth, answers)) / self.scale
        return shares if self.is_error else 1 - shares

    @cached_property
    def _kept(self) -> Callable[[str, str], Counts]:
        return lru_cache(maxsize=MOST_PAIRS)(self.counts)


class MeanMetric(TextMetric):
    """The mean of a value of each item."""

    @abstractmethod
    def score(self, truth: str, answer: str) -> float: ...

    def counts(self, truth: str, answer: str) -> Counts:
        return self.score(truth, answer), 1.0

    def of_sums(self, sums: FloatArray) -> FloatArray:
        means: FloatArray = sums[..., 0] / sums[..., 1]
        return means


class ExactMatch(MeanMetric):
    """The share of answers that are the truth, but for white space at the ends and its amount between words."""

    def score(self, truth: str, answer: str) -> float:
        return float(truth.split() == answer.split())
