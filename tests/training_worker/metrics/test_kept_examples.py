"""Every validation item is kept once with all its kinds, errors first, as far as the file may be large."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.training_worker.metrics import test_class_report as classes
from tests.training_worker.metrics import test_other_reports as others
from training_worker.contract.report import KeptExample, ValidationReport
from training_worker.metrics import output_of
from training_worker.run.package import first_lines

NUMBERS = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 5.0, np.nan]), np.array([1.0, 3.0, 3.0, 4.0])


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": f"val-{n}", "text": f"text {n}"} for n in range(count)]


def made(kind: Any, *data: Any, labels: tuple[str, ...] = ()) -> tuple[list[KeptExample], ValidationReport]:
    output, items = output_of(kind), rows(len(data[0]))
    report = output.report(items, ["text"], *data, labels, output.metrics)
    return list(output.examples(items, ["text"], *data, labels)), report


CASES = {
    "class": (classes.TRUTH, classes.TUNED, classes.BASE),
    "tags": (others.TRUTH, others.TUNED, others.BASE),
    "number": NUMBERS,
    "text": (["a b", "c d", "e f"], ["a b", "c x", ""], ["", "c d", "e x"]),
}
LABELS = {"class": classes.LABELS, "tags": others.LABELS, "number": (), "text": ()}


@pytest.mark.parametrize("kind", CASES)
def test_every_item_is_kept_with_the_kinds_of_the_report(kind: str) -> None:
    kept, report = made(kind, *CASES[kind], labels=LABELS[kind])
    assert sorted(one.id for one in kept) == [row["id"] for row in rows(report.items)]
    for group in report.groups:
        mine = [one for one in kept if group.kind in one.kinds]
        assert len(mine) == group.count
        assert {one.id for one in group.examples} <= {one.id for one in mine}
        by_id = {one.id: one for one in mine}
        for example in group.examples:
            assert by_id[example.id].model_dump(exclude={"kinds"}) == example.model_dump()


def test_errors_come_first_the_most_confident_ones_before_others() -> None:
    kept, _report = made("class", *CASES["class"], labels=LABELS["class"])
    is_wrong = [one.predicted != one.target for one in kept]
    assert is_wrong == sorted(is_wrong, reverse=True)
    assert [one.confidence for one in kept[:3]] == [0.8, 0.6, None]


def test_without_a_base_nothing_is_compared() -> None:
    truth, answers, _base = CASES["number"]
    kept, _report = made("number", truth, answers, None)
    assert {str(kind) for one in kept for kind in one.kinds} == {"largest_error", "smallest_error"}


def test_the_file_is_cut_at_whole_lines() -> None:
    kept, _report = made("class", *CASES["class"], labels=LABELS["class"])
    whole = list(first_lines(kept, 10**6))
    assert [KeptExample.model_validate_json(line) for line in whole] == kept
    size = sum(len(line.encode()) + 1 for line in whole[:3])
    assert list(first_lines(kept, size)) == whole[:3]
    assert list(first_lines(kept, size - 1)) == whole[:2]
    assert json.loads(whole[0])["kinds"][0] == "confident_error"
