"""The reports of tags and of numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training_worker.contract.report import (
    LONGEST_TEXT,
    MOST_POINTS,
    ExampleKind,
    Point,
    ValidationReport,
)
from training_worker.metrics import output_of

TAGS, NUMBERS = output_of("tags"), output_of("number")
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
NAN = math.nan

TRUTH = [["O", "B-PER", "I-PER"], ["B-LOC", "O"], ["B-PER", "B-LOC"], ["O", "O"]]
TUNED = [["O", "B-PER", "O"], ["B-LOC", "O"], [], ["O", "O"]]
BASE = [["O", "O", "O"], ["O", "O"], ["B-PER", "B-LOC"], ["O", "O"]]


def shown(made: ValidationReport) -> dict[ExampleKind, tuple[list[str], int]]:
    return {group.kind: ([example.id for example in group.examples], group.count) for group in made.groups}


def tag_report(base: list[list[str]] | None = BASE) -> ValidationReport:
    rows = [{"id": f"val-{n}", "tokens": [f"word{i}" for i in range(len(tags))]} for n, tags in enumerate(TRUTH)]
    return TAGS.report(rows, ["tokens"], TRUTH, TUNED, base, LABELS, TAGS.metrics)


def test_types_of_entities_are_the_classes() -> None:
    made = tag_report()
    per, loc = made.classes
    assert (per.label, per.precision, per.recall, per.f1, per.support) == ("PER", 0.0, 0.0, 0.0, 2)
    assert (loc.label, loc.precision, loc.recall, loc.f1, loc.support) == ("LOC", 1.0, 0.5, pytest.approx(2 / 3), 2)
    assert (per.base_f1, loc.base_f1) == pytest.approx((2 / 3, 2 / 3))
    assert (made.items, made.labels, made.confusion, made.points) == (4, (), (), ())


def test_tag_metrics_have_an_error_and_the_bases_value() -> None:
    rows = {row.name: row for row in tag_report().metrics}
    assert tuple(rows) == TAGS.metrics
    assert (rows["token_accuracy"].value, rows["token_accuracy"].base) == pytest.approx((6 / 9, 6 / 9))
    assert rows["entity_f1"].value == pytest.approx(2 * 1 / (2 * 1 + 3 + 3))
    assert rows["entity_f1"].se == TAGS.estimate("entity_f1", TRUTH, TUNED, LABELS).se > 0


def test_tag_examples_go_by_the_number_of_wrong_tags() -> None:
    made = tag_report()
    assert shown(made) == {
        ExampleKind.LARGEST_ERROR: (["val-2", "val-0"], 2),
        ExampleKind.SMALLEST_ERROR: (["val-1", "val-3"], 2),
        ExampleKind.IMPROVED: (["val-0", "val-1"], 2),
        ExampleKind.REGRESSED: (["val-2"], 1),
    }
    unanswered, wrong = made.groups[0].examples
    assert (unanswered.target, unanswered.predicted, unanswered.error) == (["B-PER", "B-LOC"], None, 1.0)
    assert wrong.inputs == {"tokens": ["word0", "word1", "word2"]}
    assert (wrong.predicted, wrong.base_predicted) == (["O", "B-PER", "O"], ["O", "O", "O"])
    assert wrong.error == pytest.approx(1 / 3)


def test_without_the_base_model_no_tags_are_compared() -> None:
    alone = tag_report(base=None)
    assert not alone.has_base
    assert shown(alone).keys() == {ExampleKind.LARGEST_ERROR, ExampleKind.SMALLEST_ERROR}
    assert all(example.base_predicted is None for group in alone.groups for example in group.examples)


def test_long_lists_are_cut_with_their_tags() -> None:
    words = LONGEST_TEXT + 7
    rows = [{"id": "a", "tokens": ["x" * 9000, *["word"] * (words - 1)]}]
    made = TAGS.report(rows, ["tokens"], [["O"] * words], [["O"] * words], [["O"] * words], LABELS, ["entity_f1"])
    (example,) = made.groups[1].examples
    assert [len(example.inputs["tokens"]), len(example.target), len(example.predicted)] == [LONGEST_TEXT] * 3
    assert len(example.base_predicted) == len(example.inputs["tokens"][0]) == LONGEST_TEXT


VALUES = np.array([1.0, 2.0, 3.0, 4.0])
ANSWERS = np.array([1.5, 2.0, NAN, 1.0])
BASE_ANSWERS = np.array([1.0, 3.0, 3.0, NAN])


def number_report(base: np.ndarray | None = BASE_ANSWERS) -> ValidationReport:
    rows = [{"id": f"val-{n}", "text": f"text {n}"} for n in range(4)]
    return NUMBERS.report(rows, ["text"], VALUES, ANSWERS, base, (), NUMBERS.metrics)


def test_points_are_the_items_with_an_answer() -> None:
    pairs = [(1.0, 1.5), (2.0, 2.0), (4.0, 1.0)]
    assert number_report().points == tuple(Point(target=truth, predicted=answer) for truth, answer in pairs)


def test_number_metrics_have_an_error_and_the_bases_value() -> None:
    rows = {row.name: row for row in number_report().metrics}
    assert tuple(rows) == NUMBERS.metrics
    assert (rows["mae"].value, rows["mae"].base) == pytest.approx(((0.5 + 0 + 2 + 3) / 4, (0 + 1 + 0 + 3) / 4))
    assert rows["mae"].se == pytest.approx(np.std([0.5, 0, 2, 3], ddof=1) / 2)


def test_number_examples_go_by_their_error() -> None:
    made = number_report()
    assert shown(made) == {
        ExampleKind.LARGEST_ERROR: (["val-3", "val-2"], 2),
        ExampleKind.SMALLEST_ERROR: (["val-1", "val-0"], 2),
        ExampleKind.IMPROVED: (["val-1"], 1),
        ExampleKind.REGRESSED: (["val-2", "val-0"], 2),
    }
    largest, unanswered = made.groups[0].examples
    assert (largest.target, largest.predicted, largest.base_predicted, largest.error) == (4.0, 1.0, None, 3.0)
    assert (unanswered.predicted, unanswered.base_predicted, unanswered.error) == (None, 3.0, 2.0)
    assert unanswered.inputs == {"text": "text 2"}


def test_without_the_base_model_no_numbers_are_compared() -> None:
    alone = number_report(base=None)
    assert not alone.has_base
    assert shown(alone).keys() == {ExampleKind.LARGEST_ERROR, ExampleKind.SMALLEST_ERROR}


def test_of_many_items_evenly_chosen_points_are_kept() -> None:
    many = np.arange(5000.0)
    rows = [{"id": str(n), "text": "x"} for n in range(5000)]
    made = NUMBERS.report(rows, ["text"], many, many, None, (), ["mse"])
    targets = [point.target for point in made.points]
    assert (len(targets), targets[0], targets[-1]) == (MOST_POINTS, 0.0, 4999.0)
    assert set(np.diff(targets)) <= {5.0, 6.0} | {4.0}


def test_they_survive_json() -> None:
    for made in (tag_report(), number_report()):
        assert ValidationReport.model_validate_json(made.model_dump_json()) == made
