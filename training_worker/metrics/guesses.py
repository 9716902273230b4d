"""`words`: the most probable words for a hidden one, each with its probability. numpy alone.

Truth is a list of n words; answers are n lists of (word, probability), the most probable first, [] where the model gave
none. Words are compared by `word_form`. A word that is not in the list has no place; what the list leaves of the
probability is shared by `OTHERS` words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.base import JSON
from ..contract.metrics import LARGEST_LOG_LOSS, LEAST_PROBABILITY
from ..contract.report import KeptExample, ValidationReport
from ..contract.words import LONGEST_WORD, MOST_WORDS, word_form
from .base import Estimate, FloatArray, IntArray
from .examples import Validated
from .guess_report import Guesses, guess_examples, guess_report, place_of
from .numbers import is_number
from .prediction_lines import NOT_A_PREDICTION, read_lines
from .standard_error import mean_se

TOP = 5
OTHERS = 30_000
"""Words that are not in a list: about as many as a vocabulary has."""


class GuessOutput:
    """`accuracy` and `recall_at_5` are the shares of items whose word is the first, or one of the first five; `mrr` is
    the mean of one over its place, 0 where it is not in the list; `perplexity` is exp of the mean of −log of its
    probability (Jelinek et al. 1977), each of at least `LEAST_PROBABILITY`."""

    metrics: tuple[str, ...] = ("accuracy", "recall_at_5", "mrr", "perplexity")

    def read_truth(self, values: Sequence[JSON], labels: Sequence[str]) -> list[str]:
        bad = sum(not isinstance(value, str) or not word_form(value) for value in values)
        if bad:
            raise ValueError(f"{bad} values are not words")
        return list(values)

    def read_answers(
        self, lines: Iterable[bytes], ids: Sequence[str], truth: list[str], labels: Sequence[str]
    ) -> list[Guesses]:
        answers: list[Guesses] = [[] for _ in ids]

        def store(position: int | None, words: JSON) -> str:
            if not isinstance(words, list) or len(words) > MOST_WORDS or not all(map(_is_guess, words)):
                return NOT_A_PREDICTION
            probabilities = [probability for _word, probability in words]
            if not all(0 <= probability <= 1 for probability in probabilities):
                return "not probabilities"
            if probabilities != sorted(probabilities, reverse=True):
                return "not in order"
            if position is not None:
                answers[position] = [(word, float(probability)) for word, probability in words]
            return ""

        read_lines(lines, ids, "words", store)
        return answers

    def lines(self, ids: Sequence[str], answers: list[Guesses], labels: Sequence[str]) -> list[str]:
        return [
            json.dumps({"id": item, "words": _written(guesses)}, ensure_ascii=False)
            for item, guesses in zip(ids, answers, strict=True)
        ]

    def dummy(self, truth: list[str], labels: Sequence[str]) -> list[Guesses]:
        """The most frequent words, at their frequencies."""
        counts = Counter(word_form(word) for word in truth)
        guesses = [(word, count / len(truth)) for word, count in counts.most_common(MOST_WORDS)]
        return [guesses] * len(truth)

    def take(self, items: list[Any], indices: IntArray) -> list[Any]:
        return [items[index] for index in indices.tolist()]

    def value(self, metric: str, truth: list[str], answers: list[Guesses], labels: Sequence[str]) -> float:
        mean = float(item_values(metric, truth, answers).mean())
        return float(np.exp(mean)) if metric == "perplexity" else mean

    def estimate(
        self,
        metric: str,
        truth: list[str],
        answers: list[Guesses],
        labels: Sequence[str],
        groups: IntArray | None = None,
    ) -> Estimate:
        """Standard error by the formula of the mean, of perplexity by its derivative."""
        values = item_values(metric, truth, answers)
        if metric != "perplexity":
            return Estimate(float(values.mean()), mean_se(values, groups))
        perplexity = float(np.exp(values.mean()))
        return Estimate(perplexity, perplexity * mean_se(values, groups, largest=LARGEST_LOG_LOSS / 2))

    def per_class(self, truth: list[str], answers: list[Guesses], labels: Sequence[str]) -> dict[str, float]:
        return {}

    def items(self, truth: list[str], answers: list[Guesses], labels: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """`place` (n,) of the right word from 1, 0 where it is not in the list, and its −log probability `loss`."""
        return {"place": _places(truth, answers), "loss": item_values("perplexity", truth, answers)}

    def report(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[str],
        answers: list[Guesses],
        base: list[Guesses] | None,
        labels: Sequence[str],
        metrics: Sequence[str],
    ) -> ValidationReport:
        validated = Validated(rows, inputs, truth, answers, base, labels)
        return guess_report(validated, validated.metric_rows(self, metrics))

    def examples(
        self,
        rows: Sequence[dict[str, JSON]],
        inputs: Sequence[str],
        truth: list[str],
        answers: list[Guesses],
        base: list[Guesses] | None,
        labels: Sequence[str],
    ) -> Iterator[KeptExample]:
        return guess_examples(Validated(rows, inputs, truth, answers, base, labels))


def item_values(metric: str, truth: list[str], answers: list[Guesses]) -> FloatArray:
    """(n,) what the mean is of. Raises KeyError for a metric that is none of words."""
    if metric == "perplexity":
        found = (_probability(word, guesses) for word, guesses in zip(truth, answers, strict=True))
        losses: FloatArray = -np.log(np.clip(np.fromiter(found, np.float64, len(truth)), LEAST_PROBABILITY, 1.0))
        return losses
    places = _places(truth, answers)
    is_in = places > 0
    values: FloatArray = {
        "accuracy": places == 1,
        "recall_at_5": is_in & (places <= TOP),
        "mrr": is_in / np.maximum(places, 1),
    }[metric].astype(np.float64)
    return values


def _places(truth: list[str], answers: list[Guesses]) -> IntArray:
    found = (place_of(word, guesses) for word, guesses in zip(truth, answers, strict=True))
    return np.fromiter(found, np.intp, len(truth))


def _probability(word: str, guesses: Guesses) -> float:
    """Of all guesses that are the word; a share of what is left where none is, never more than the last guess has. 0
    without guesses."""
    wanted = word_form(word)
    if found := [probability for guess, probability in guesses if word_form(guess) == wanted]:
        return sum(found)
    left = 1.0 - sum(probability for _guess, probability in guesses)
    return min(guesses[-1][1], max(0.0, left) / OTHERS) if guesses else 0.0


def _written(guesses: Guesses) -> list[list[str | float]]:
    if not all(isfinite(probability) for _word, probability in guesses):
        return []
    return [[word, round(probability, 6)] for word, probability in guesses[:MOST_WORDS]]


def _is_guess(value: JSON) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    word, probability = value
    return isinstance(word, str) and 0 < len(word) <= LONGEST_WORD and is_number(probability)
