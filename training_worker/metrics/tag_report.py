"""The validation report of `tags`; shapes as in `tags`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.report import Example, ExampleKind, KeptExample, MetricRow, ValidationReport
from .base import IntArray
from .class_report import class_rows
from .collapse import collapse_of
from .entities import Tags, entities_of, entity_types, type_counts, wrong_tags
from .examples import Kinds, Validated, cut, example_groups, kept_examples, where


def tag_report(items: Validated[Tags, Tags], metrics: tuple[MetricRow, ...]) -> ValidationReport:
    """Metrics, types of entities, and examples by the number of wrong tags."""
    types = entity_types(items.labels)
    base = None if items.base is None else type_counts(items.truth, items.base, types)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        classes=class_rows(types, type_counts(items.truth, items.answers, types), base),
        groups=example_groups(_kinds(items), partial(_example, items)),
        collapse=collapse_of(*_words(items)),
    )


def _words(items: Validated[Tags, Tags]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The tags of all words one after the other: truth and answers, "" for none."""
    answers = (answer or [""] * len(truth) for truth, answer in zip(items.truth, items.answers, strict=True))
    return np.array(list(chain.from_iterable(items.truth))), np.array(list(chain.from_iterable(answers)))


def tag_examples(items: Validated[Tags, Tags]) -> Iterator[KeptExample]:
    return kept_examples(_kinds(items), partial(_example, items))


def _kinds(items: Validated[Tags, Tags]) -> Kinds:
    """Items with most wrong tags; those without, most entities first; and where base has more or fewer wrong tags."""
    wrong = _wrong(items.truth, items.answers)
    entities = np.array([len(entities_of(tags)) for tags in items.truth], dtype=np.intp)
    kinds = {
        ExampleKind.LARGEST_ERROR: where(wrong > 0, -wrong),
        ExampleKind.SMALLEST_ERROR: where(wrong == 0, -entities),
    }
    if items.base is not None:
        gain = _wrong(items.truth, items.base) - wrong
        kinds[ExampleKind.IMPROVED] = where(gain > 0, -gain)
        kinds[ExampleKind.REGRESSED] = where(gain < 0, gain)
    return kinds


def _wrong(truth: Tags, answers: Tags) -> IntArray:
    """(n,) wrong tags of each item."""
    return np.array([wrong_tags(*pair) for pair in zip(truth, answers, strict=True)], dtype=np.intp)


def _example(items: Validated[Tags, Tags], n: int) -> Example:
    truth, answer = items.truth[n], items.answers[n]
    return Example(
        **items.id_and_inputs(n),
        target=cut(truth),
        predicted=cut(answer) or None,
        base_predicted=cut(items.base[n]) or None if items.base is not None else None,
        error=wrong_tags(truth, answer) / len(truth) if truth else 0.0,
    )
