"""The validation report of `ranking`; shapes as in `rankings`. `errors` (n,) are 1 − NDCG of each item."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..contract.report import Example, ExampleKind, KeptExample, MetricRow, ValidationReport, Value
from .base import FloatArray
from .examples import Kinds, Validated, example_groups, kept_examples, where

Items = Validated[list[FloatArray], list[FloatArray]]
SAME = 1e-9
"""Errors that differ by less are the same."""


def ranking_report(
    items: Items, metrics: tuple[MetricRow, ...], errors: FloatArray, base_errors: FloatArray | None
) -> ValidationReport:
    """Metrics, and examples by their errors."""
    groups = example_groups(_kinds(errors, base_errors), partial(_example, items, errors))
    return ValidationReport(items=len(items.truth), metrics=metrics, groups=groups)


def ranking_examples(items: Items, errors: FloatArray, base_errors: FloatArray | None) -> Iterator[KeptExample]:
    return kept_examples(_kinds(errors, base_errors), partial(_example, items, errors))


def _kinds(errors: FloatArray, base_errors: FloatArray | None) -> Kinds:
    """Lists that are not in the best order, those that are, and where the base model's are better or worse."""
    kinds = {
        ExampleKind.LARGEST_ERROR: where(errors > SAME, -errors),
        ExampleKind.SMALLEST_ERROR: where(errors <= SAME, errors),
    }
    if base_errors is not None:
        gain = base_errors - errors
        kinds[ExampleKind.IMPROVED] = where(gain > SAME, -gain)
        kinds[ExampleKind.REGRESSED] = where(gain < -SAME, gain)
    return kinds


def _example(items: Items, errors: FloatArray, n: int) -> Example:
    return Example(
        **items.id_and_inputs(n),
        target=items.truth[n].tolist(),
        predicted=_answer(items.answers[n]),
        base_predicted=None if items.base is None else _answer(items.base[n]),
        error=float(np.clip(errors[n], 0.0, 1.0)),
    )


def _answer(scores: FloatArray) -> Value:
    return [float(f"{score:.6g}") for score in scores.tolist()] if len(scores) and np.isfinite(scores).all() else None
