"""What every kind of answer offers: how truth and answers are read, scored and reported. numpy only, no torch.

The worker uses it on validation items, the scorer on test items; the site's web processes never import it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.report import KeptExample, ValidationReport

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

Truth = Any
"""The right answers of n items, in a shape of the output's own; indexable by `take`."""
Answers = Any
"""A model's answers to n items, in a shape of the output's own; an item without an answer has one, too."""


@dataclass(frozen=True)
class Estimate:
    """A metric and its standard error, exact."""

    value: float
    se: float


class InvalidPredictions(Exception):
    """The file is not one answer per item. The message holds kinds of problems and their counts, no data."""

    def __init__(self, problems: Counter[str]) -> None:
        super().__init__("; ".join(f"{kind}: {count}" for kind, count in sorted(problems.items())))
        self.problems = problems


class Output(Protocol):
    """One kind of answer (`contract.tasks.spec.OutputKind`). Denominators are fixed: no answer is the worst answer.

    `labels` are the data's labels in their order, () where there are none.
    """

    metrics: tuple[str, ...]
    """Names of `contract.metrics.METRICS` that it can compute."""

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> Truth:
        """The target column of n items. Raises ValueError without repeating a value."""

    def read_answers(self, lines: Iterable[bytes], ids: Sequence[str], truth: Truth, labels: Sequence[str]) -> Answers:
        """Prediction lines in any order, as answers in the order of `ids`. Raises `InvalidPredictions` with every kind
        of problem: missing, doubled and unknown ids, wrong shapes and lengths, numbers that are not finite."""

    def lines(self, ids: Sequence[str], answers: Answers, labels: Sequence[str]) -> list[str]:
        """JSON lines that `read_answers` reads, in the order given: probabilities to 6 digits, numbers to 9 significant
        ones. An answer that is not finite is written as none."""

    def dummy(self, truth: Truth, labels: Sequence[str]) -> Answers:
        """The best answers of one who knows only how often which answer is right (scikit-learn's Dummy estimators)."""

    def take(self, items: Truth | Answers, indices: IntArray) -> Any:
        """Truth or answers of some of the items."""

    def value(self, metric: str, truth: Truth, answers: Answers, labels: Sequence[str]) -> float:
        """The metric over all items; finite. Raises KeyError for one that is not among `metrics`."""

    def estimate(
        self, metric: str, truth: Truth, answers: Answers, labels: Sequence[str], groups: IntArray | None = None
    ) -> Estimate:
        """`value` with its standard error: over items, or over groups (n,) of items where there are any."""

    def per_class(self, truth: Truth, answers: Answers, labels: Sequence[str]) -> dict[str, float]:
        """F1 by class or entity type; {} where the output has no classes."""

    def items(self, truth: Truth, answers: Answers, labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """Arrays of length n to be kept privately for re-scoring: each item's sufficient statistic, by name."""

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Truth,
        answers: Answers,
        base: Answers | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        """The whole validation report. `rows` are the items with `id` and the columns `inputs`."""

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: Truth,
        answers: Answers,
        base: Answers | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        """Every item as the report shows a few, errors first."""
