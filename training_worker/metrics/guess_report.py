"""The validation report of `words`; shapes as in `guesses`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..contract.report import Example, ExampleKind, KeptExample, MetricRow, ValidationReport, Value
from ..contract.words import word_form
from .collapse import collapse_of
from .examples import Kinds, Validated, example_groups, kept_examples, where

Guesses = list[tuple[str, float]]
"""Words and their probabilities, the most probable first."""
Items = Validated[list[str], list[Guesses]]
SHOWN = 5
"""Words of an answer in a report."""


def guess_report(items: Items, metrics: tuple[MetricRow, ...]) -> ValidationReport:
    """Metrics, and examples of wrong and right words by their probability."""
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        groups=example_groups(_kinds(items), partial(_example, items)),
        collapse=collapse_of(
            np.array([word_form(word) for word in items.truth]),
            np.array([word_form(guesses[0][0]) if guesses else "" for guesses in items.answers]),
        ),
    )


def guess_examples(items: Items) -> Iterator[KeptExample]:
    return kept_examples(_kinds(items), partial(_example, items))


def place_of(word: str, guesses: Guesses) -> int:
    """From 1; 0 where the word is not among them."""
    wanted = word_form(word)
    return next((place for place, (guess, _p) in enumerate(guesses, 1) if word_form(guess) == wanted), 0)


def _kinds(items: Items) -> Kinds:
    """Wrong answers; of the right ones the half with the lower probability, and the others; changes from base."""
    pairs = list(zip(items.truth, items.answers, strict=True))
    confidence = np.array([guesses[0][1] if guesses else 0.0 for guesses in items.answers])
    is_right = np.array([place_of(word, guesses) == 1 for word, guesses in pairs])
    right = where(is_right, confidence)
    is_uncertain = np.isin(np.arange(len(pairs)), right[: len(right) // 2])
    kinds = {
        ExampleKind.ERROR: where(~is_right, -confidence),
        ExampleKind.UNCERTAIN: where(is_uncertain, confidence),
        ExampleKind.CONFIDENT: where(is_right & ~is_uncertain, -confidence),
    }
    if items.base is not None:
        base = zip(items.truth, items.base, strict=True)
        was_right = np.array([place_of(word, guesses) == 1 for word, guesses in base])
        kinds[ExampleKind.IMPROVED] = where(is_right & ~was_right, -confidence)
        kinds[ExampleKind.REGRESSED] = where(~is_right & was_right, -confidence)
    return kinds


def _example(items: Items, n: int) -> Example:
    guesses, place = items.answers[n], place_of(items.truth[n], items.answers[n])
    return Example(
        **items.id_and_inputs(n),
        target=items.truth[n],
        predicted=_answer(guesses),
        base_predicted=None if items.base is None else _answer(items.base[n]),
        confidence=guesses[0][1] if guesses else None,
        target_confidence=guesses[place - 1][1] if place else None,
    )


def _answer(guesses: Guesses) -> Value:
    return [{"word": word, "probability": round(probability, 6)} for word, probability in guesses[:SHOWN]] or None
