"""The validation report of `mask`; shapes as in `masks`. Masks are shown in as many runs as a report takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..contract.report import ClassRow, Collapse, Example, ExampleKind, KeptExample, MetricRow, ValidationReport
from ..contract.tasks.pictures import MOST_RUNS
from .base import FloatArray
from .class_report import class_rows
from .collapse import LEAST_VARIETY
from .confusion import ratio
from .examples import Kinds, Validated, example_groups, kept_examples, where
from .runs import Mask

MOST_PIXELS = 2**30
"""That a class is counted with in a report; ratios are those of all of them."""
Items = Validated[list[Mask], Sequence[Mask | None]]
Areas = Callable[[Sequence[Mask], Sequence[Mask | None], int], FloatArray]
"""(n, 3, k) pixels that are rightly of a class, wrongly, and wrongly not."""


def mask_report(items: Items, metrics: tuple[MetricRow, ...], areas: Areas) -> ValidationReport:
    """Metrics, classes with their overlap, and images by how many of their pixels are wrong."""
    report = _Report(items, areas)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        classes=tuple(report.classes()),
        class_score="IoU",
        groups=example_groups(report.kinds(), report.example),
        collapse=report.collapse(),
    )


def mask_examples(items: Items, areas: Areas) -> Iterator[KeptExample]:
    report = _Report(items, areas)
    return kept_examples(report.kinds(), report.example)


@dataclass(frozen=True, repr=False, eq=False)
class _Report:
    items: Items
    areas: Areas

    @cached_property
    def tuned(self) -> FloatArray:
        return self.areas(self.items.truth, self.items.answers, len(self.items.labels))

    @cached_property
    def base(self) -> FloatArray | None:
        return (
            None if self.items.base is None else self.areas(self.items.truth, self.items.base, len(self.items.labels))
        )

    def classes(self) -> Iterator[ClassRow]:
        """Precision, recall and F1 (the Dice coefficient) of pixels; support is in images."""
        tuned, base = self.tuned.sum(axis=0), None if self.base is None else self.base.sum(axis=0)
        images = ((self.tuned[:, 0] + self.tuned[:, 2]) > 0).sum(axis=0).tolist()
        less = max(1.0, tuned.sum() / MOST_PIXELS)
        rows = class_rows(self.items.labels, tuned / less, base)
        before = [None] * len(rows) if base is None else _iou(base).tolist()
        for row, score, base_score, support in zip(rows, _iou(tuned).tolist(), before, images, strict=True):
            yield row.model_copy(update={"score": score, "base_score": base_score, "support": support})

    def kinds(self) -> Kinds:
        """Half of the images, those with more wrong pixels, the other half, and where base has more or fewer."""
        errors = _errors(self.tuned)
        order = where(np.ones(len(errors), np.bool_), errors)
        is_small = np.isin(np.arange(len(errors)), order[: len(errors) // 2])
        kinds = {
            ExampleKind.LARGEST_ERROR: where(~is_small, -errors),
            ExampleKind.SMALLEST_ERROR: where(is_small, errors),
        }
        if self.base is not None:
            gain = _errors(self.base) - errors
            kinds[ExampleKind.IMPROVED] = where(gain > 0, -gain)
            kinds[ExampleKind.REGRESSED] = where(gain < 0, gain)
        return kinds

    def example(self, n: int) -> Example:
        return Example(
            **self.items.id_and_inputs(n),
            target=self._shown(self.items.truth[n]),
            predicted=self._shown(self.items.answers[n]),
            base_predicted=None if self.items.base is None else self._shown(self.items.base[n]),
            error=float(_errors(self.tuned[n : n + 1])[0]),
        )

    def _shown(self, mask: Mask | None) -> dict[str, Any] | None:
        return None if mask is None else mask.reduced(MOST_RUNS).written(self.items.labels)

    def collapse(self) -> Collapse | None:
        """Is (nearly) every pixel of one class, where the right ones are not?"""
        answered = np.array([mask is not None for mask in self.items.answers], np.bool_)
        areas = self.tuned[answered].sum(axis=0)
        pixels = (areas[0] + areas[2]).sum()
        if not pixels:
            return None
        most = int((areas[0] + areas[1]).argmax())
        share, wanted = float((areas[0] + areas[1])[most] / pixels), float((areas[0] + areas[2])[most] / pixels)
        if 1 - share >= LEAST_VARIETY * (1 - wanted):
            return None
        return Collapse(answer=self.items.labels[most], share=min(1.0, share))


def _errors(areas: FloatArray) -> FloatArray:
    """(n,) share of wrong pixels."""
    return ratio(areas[:, 2].sum(axis=1), (areas[:, 0] + areas[:, 2]).sum(axis=1))


def _iou(areas: FloatArray) -> FloatArray:
    return ratio(areas[0], areas.sum(axis=0))
