"""The validation report of `class`; shapes as in `classes`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..contract.report import (
    MOST_CONFUSIONS,
    MOST_CURVES,
    RECALLS,
    ClassRow,
    Collapse,
    Confusion,
    Example,
    ExampleKind,
    KeptExample,
    MetricRow,
    PrecisionCurve,
    ValidationReport,
)
from .base import FloatArray, IntArray
from .collapse import collapse_of
from .confusion import (
    NO_ANSWER,
    confusion_matrix,
    counts_of_matrix,
    f1_of_counts,
    precision_of_counts,
    predicted_classes,
    recall_of_counts,
)
from .examples import Kinds, Validated, example_groups, kept_examples, where
from .probability import calibration_bins
from .ranking import interpolated_precisions, precision_area, ranked_classes, worst_where_missing


def class_report(items: Validated[IntArray, FloatArray], metrics: tuple[MetricRow, ...]) -> ValidationReport:
    """Metrics, classes, confusion matrix, and examples of wrong and right answers."""
    report = _Report(items)
    return ValidationReport(
        items=len(items.truth),
        metrics=metrics,
        labels=tuple(items.labels),
        classes=class_rows(items.labels, counts_of_matrix(report.matrix), report.base_counts),
        confusion=tuple(map(tuple, report.matrix.tolist())),
        confusions=top_confusions(items.labels, report.matrix),
        curves=report.curves(),
        calibration=calibration_bins(items.truth == report.predicted, items.answers),
        groups=example_groups(report.kinds(), report.example),
        collapse=report.collapse(),
    )


def class_examples(items: Validated[IntArray, FloatArray]) -> Iterator[KeptExample]:
    report = _Report(items)
    return kept_examples(report.kinds(), report.example)


def class_rows(labels: Sequence[str], counts: FloatArray, base_counts: FloatArray | None) -> tuple[ClassRow, ...]:
    """Precision, recall, F1 (0 where that is 0/0) and support of each class, from its (3, k) counts."""
    base_f1 = [None] * len(labels) if base_counts is None else f1_of_counts(base_counts).tolist()
    columns = (
        precision_of_counts(counts).tolist(),
        recall_of_counts(counts).tolist(),
        f1_of_counts(counts).tolist(),
        (counts[0] + counts[2]).astype(int).tolist(),
    )
    return tuple(
        ClassRow(label=label, precision=precision, recall=recall, f1=f1, support=support, base_f1=base)
        for label, precision, recall, f1, support, base in zip(labels, *columns, base_f1, strict=True)
    )


def top_confusions(labels: Sequence[str], matrix: IntArray) -> tuple[Confusion, ...]:
    """The most frequent wrong answers, most first; an item without an answer was taken for nothing."""
    wrong = matrix[:, :-1].copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]
    return tuple(
        Confusion(target=labels[target], predicted=labels[predicted], count=int(wrong[target, predicted]))
        for target, predicted in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[target, predicted]
    )


@dataclass(frozen=True, repr=False, eq=False)
class _Report:
    items: Validated[IntArray, FloatArray]

    @cached_property
    def predicted(self) -> IntArray:
        return predicted_classes(self.items.answers)

    @cached_property
    def base(self) -> IntArray | None:
        return None if self.items.base is None else predicted_classes(self.items.base)

    @cached_property
    def matrix(self) -> IntArray:
        return confusion_matrix(self.items.truth, self.predicted, len(self.items.labels))

    @property
    def base_counts(self) -> FloatArray | None:
        if self.base is None:
            return None
        return counts_of_matrix(confusion_matrix(self.items.truth, self.base, len(self.items.labels)))

    def curves(self) -> tuple[PrecisionCurve, ...]:
        """Of the most frequent classes, in the order of the labels; of two classes that of the last one."""
        truth, labels = self.items.truth, self.items.labels
        asked = [name for name in ranked_classes(len(labels)) if (truth == name).any()]
        chosen = sorted(asked, key=lambda name: -int((truth == name).sum()))[:MOST_CURVES]
        scores = worst_where_missing(truth, self.items.answers)
        base = None if self.items.base is None else worst_where_missing(truth, self.items.base)
        return tuple(
            PrecisionCurve(
                label=labels[name],
                average_precision=precision_area(truth == name, scores[:, name]).value,
                base=None if base is None else precision_area(truth == name, base[:, name]).value,
                precisions=tuple(interpolated_precisions(truth == name, scores[:, name], np.array(RECALLS)).tolist()),
            )
            for name in sorted(chosen)
        )

    def collapse(self) -> Collapse | None:
        names = np.array([*self.items.labels, ""])  # `NO_ANSWER` is the last one
        return collapse_of(names[self.items.truth], names[self.predicted])

    def kinds(self) -> Kinds:
        """Wrong answers; of the right ones the half with the lower confidence, and the others; changes from base."""
        truth, base = self.items.truth, self.base
        confidence = np.where(self.predicted == NO_ANSWER, 0.0, np.nan_to_num(self.items.answers).max(axis=1))
        is_right = self.predicted == truth
        right = where(is_right, confidence)
        is_uncertain = np.isin(np.arange(len(truth)), right[: len(right) // 2])
        kinds = {
            ExampleKind.ERROR: where(~is_right, -confidence),
            ExampleKind.UNCERTAIN: where(is_uncertain, confidence),
            ExampleKind.CONFIDENT: where(is_right & ~is_uncertain, -confidence),
        }
        if base is not None:
            kinds[ExampleKind.IMPROVED] = where(is_right & (base != truth), -confidence)
            kinds[ExampleKind.REGRESSED] = where(~is_right & (base == truth), -confidence)
        return kinds

    def example(self, n: int) -> Example:
        answers, target, predicted = self.items.answers[n], self.items.truth[n], self.predicted[n]
        is_answered = bool(predicted != NO_ANSWER)
        return Example(
            **self.items.id_and_inputs(n),
            target=self.items.labels[target],
            predicted=self.label(predicted),
            base_predicted=None if self.base is None else self.label(self.base[n]),
            confidence=float(answers[predicted]) if is_answered else None,
            target_confidence=float(answers[target]) if is_answered else None,
        )

    def label(self, index: int) -> str | None:
        return None if index == NO_ANSWER else self.items.labels[index]
