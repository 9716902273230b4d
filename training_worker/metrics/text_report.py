"""The validation report of `text`; shapes as in `texts`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from ..contract.report import Example, KeptExample, MetricRow, ValidationReport
from .base import FloatArray
from .collapse import collapse_of
from .examples import Kinds, Validated, cut, example_groups, kept_examples, kinds_by_error

Texts = list[str]
Errors = Callable[[Texts, Texts], FloatArray]
"""(n,) how far off each answer to the truth is."""
LONGEST_LABEL = 200
"""Characters by which answers are told apart: what the report can name."""


def text_report(items: Validated[Texts, Texts], metrics: tuple[MetricRow, ...], errors: Errors) -> ValidationReport:
    """Metrics, and examples by their errors."""
    own = errors(items.truth, items.answers)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        groups=example_groups(_kinds(items, own, errors), partial(_example, items, own)),
        collapse=collapse_of(_labels(items.truth), _labels(items.answers)),
    )


def text_examples(items: Validated[Texts, Texts], errors: Errors) -> Iterator[KeptExample]:
    own = errors(items.truth, items.answers)
    return kept_examples(_kinds(items, own, errors), partial(_example, items, own))


def _kinds(items: Validated[Texts, Texts], own: FloatArray, errors: Errors) -> Kinds:
    return kinds_by_error(own, None if items.base is None else errors(items.truth, items.base))


def _labels(texts: Texts) -> npt.NDArray[np.str_]:
    return np.array([text[:LONGEST_LABEL] for text in texts])


def _example(items: Validated[Texts, Texts], own: FloatArray, n: int) -> Example:
    return Example(
        **items.id_and_inputs(n),
        target=cut(items.truth[n]),
        predicted=cut(items.answers[n]) or None,
        base_predicted=cut(items.base[n]) or None if items.base is not None else None,
        error=float(own[n]),
    )
