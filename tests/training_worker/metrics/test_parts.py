"""Metrics by length of the input and by slice, and the curves of a report of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training_worker.contract.report import MOST_CURVES, RECALLS, PartRow, ValidationReport
from training_worker.contract.tasks import TASKS
from training_worker.metrics import output_of
from training_worker.metrics.examples import Validated
from training_worker.metrics.parts import LEAST, part_rows

OUTPUT = output_of("class")
TEXTS, NUMBERS, IMAGES = (TASKS[name] for name in ("text-classification", "text-regression", "image-classification"))
LABELS = ("bird", "cat")


def items(count: int = 40, **columns: Any) -> Validated[Any, Any]:
    """Answers to the shorter half of the texts are right; the base model answers "bird"."""
    truth = np.arange(count) % 2
    right = np.where(np.arange(count) < count // 2, truth, 1 - truth)
    rows = [{"id": str(n), "text": "x" * (n + 1), "slice": "old" if n % 4 else "new"} | columns for n in range(count)]
    return Validated(rows, ["text"], truth, np.eye(2)[right], np.eye(2)[np.zeros(count, dtype=int)], LABELS)


def test_quarters_by_length_then_slices_by_frequency() -> None:
    rows = part_rows(OUTPUT, TEXTS, items())
    assert [(row.slice, row.low, row.high, row.items, row.value) for row in rows] == [
        ("", 1, 10, 10, 1.0),
        ("", 11, 20, 10, 1.0),
        ("", 21, 30, 10, 0.0),
        ("", 31, 40, 10, 0.0),
        ("old", 0, 0, 30, 0.5),
        ("new", 0, 0, 10, 0.5),
    ]
    assert [row.base for row in rows[:4]] == [0.5] * 4
    assert rows[4].se == pytest.approx(OUTPUT.estimate("accuracy", *_half(), LABELS).se)


def _half() -> tuple[Any, Any]:
    made = items()
    old = [n for n in range(40) if n % 4]
    return made.truth[old], made.answers[old]


def test_nothing_to_tell_apart() -> None:
    assert part_rows(OUTPUT, TEXTS, items(slice=None, text="same")) == ()
    assert part_rows(OUTPUT, TEXTS, items(LEAST - 1, slice="")) == ()
    assert [row.slice for row in part_rows(OUTPUT, IMAGES, items())] == ["old", "new"]


def test_long_names_and_numbers() -> None:
    made = items(slice="s" * 999)
    answers = Validated(made.rows, ["text"], made.truth.astype(float), np.full(40, np.nan), None, ())
    rows = part_rows(output_of("number"), NUMBERS, answers)
    assert (rows[-1].slice, rows[-1].value, rows[-1].base) == ("s" * 200, 1.0, None)


def report(classes: int, answers: Any = None) -> ValidationReport:
    generator = np.random.default_rng(classes)
    truth = generator.integers(0, classes, 200)
    made = generator.dirichlet(np.ones(classes), 200) if answers is None else answers
    rows = [{"id": str(n), "text": "x"} for n in range(200)]
    labels = [f"class {k}" for k in range(classes)]
    return OUTPUT.report(rows, ["text"], truth, made, made[::-1], labels, ["accuracy", "pr_auc"])


def test_of_two_classes_there_is_one_curve_of_many_a_few() -> None:
    two, many = report(2), report(9)
    assert [curve.label for curve in two.curves] == ["class 1"]
    assert two.curves[0].average_precision == two.metrics[1].value
    assert two.curves[0].base == two.metrics[1].base
    assert len(many.curves) == MOST_CURVES
    for curve in many.curves:
        assert len(curve.precisions) == len(RECALLS)
        assert list(curve.precisions) == sorted(curve.precisions, reverse=True)


def test_bins_hold_every_answered_item() -> None:
    answers = np.random.default_rng(1).dirichlet(np.ones(3), 200)
    answers[:5] = np.nan
    made = report(3, answers)
    assert sum(one.items for one in made.calibration) == 195
    for one in made.calibration:
        assert one.low < one.confidence <= one.high + 1e-9
    right = sum(row[index] for index, row in enumerate(made.confusion))
    assert sum(one.items * one.accuracy for one in made.calibration) == pytest.approx(right)


def test_a_report_without_the_new_parts_is_still_read() -> None:
    made = report(3)
    old = made.model_dump(mode="json", exclude={"curves", "calibration", "parts"})
    assert ValidationReport.model_validate(old, strict=False).curves == ()
    assert PartRow(items=1, value=0.0, se=0.0).slice == ""
