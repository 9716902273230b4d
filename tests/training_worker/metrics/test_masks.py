"""Masks against scikit-learn, runs, and what else is asked of an output."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, jaccard_score

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.report import ExampleKind, ValidationReport
from training_worker.contract.tasks.pictures import MOST_RUNS
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.runs import Mask, nearest
from training_worker.metrics.standard_error import LARGEST_SE

LABELS = ("ground", "tree", "road")
OUTPUT = output_of("mask")
Case = tuple[list[Mask], list[Mask | None]]

pictures = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def drawn(generator: np.random.Generator) -> tuple[Mask, Mask]:
    shape = tuple(generator.integers(1, 9, 2))
    classes = generator.integers(1, 4)
    return Mask.of(generator.integers(0, classes, shape)), Mask.of(generator.integers(0, classes, shape))


cases = st.lists(pictures.map(drawn), min_size=1, max_size=5).map(
    lambda pairs: tuple(map(list, zip(*pairs, strict=True)))
)


def values(truth: list[Mask], answers: list[Mask | None]) -> dict[str, float]:
    return {metric: OUTPUT.value(metric, truth, answers, LABELS) for metric in OUTPUT.metrics}


@settings(deadline=None)
@given(cases)
def test_values_are_scikit_learns(case: Case) -> None:
    truth, answers = (np.concatenate([mask.pixels.ravel() for mask in masks if mask]) for masks in case)
    assert values(*case) == pytest.approx(
        {"mean_iou": jaccard_score(truth, answers, average="macro"), "pixel_accuracy": accuracy_score(truth, answers)}
    )
    per_class = OUTPUT.per_class(*case, LABELS)
    seen = sorted(set(truth) | set(answers))
    expected = jaccard_score(truth, answers, average=None, labels=seen)
    assert per_class == pytest.approx({LABELS[label]: score for label, score in zip(seen, expected, strict=True)})


@settings(deadline=None)
@given(cases)
def test_no_answer_is_never_better_than_any_answer(case: Case) -> None:
    truth, answers = case
    with_all, without_first = values(truth, answers), values(truth, [None, *answers[1:]])
    assert all(without_first[metric] <= with_all[metric] + 1e-12 for metric in OUTPUT.metrics)


@settings(deadline=None)
@given(pictures)
def test_runs_are_the_mask(generator: np.random.Generator) -> None:
    pixels = generator.integers(0, 3, tuple(generator.integers(1, 12, 2)))
    mask = Mask.of(pixels)
    assert np.array_equal(mask.pixels, pixels)
    assert np.all(mask.classes[1:] != mask.classes[:-1])
    assert np.array_equal(nearest(np.repeat(np.repeat(pixels, 3, 0), 3, 1), *pixels.shape), pixels)


def test_a_smaller_answer_is_scaled_to_the_image() -> None:
    small = np.array([[0, 1], [2, 1]])
    large = Mask.of(np.repeat(np.repeat(small, 4, 0), 5, 1))
    assert values([large], [Mask.of(small)]) == {"mean_iou": 1.0, "pixel_accuracy": 1.0}


def test_a_mask_of_many_runs_is_written_smaller() -> None:
    generator = np.random.default_rng(0)
    mask = Mask.of(np.repeat(np.repeat(generator.integers(0, 3, (20, 20)), 4, 0), 4, 1))
    written = json.loads(OUTPUT.lines(["a"], [mask], LABELS)[0])["mask"]
    assert len(mask.counts) > MOST_RUNS >= len(written["counts"])
    assert written["size"] == [40, 40]
    (again,) = OUTPUT.read_answers(OUTPUT.lines(["a"], [mask], LABELS)[0].encode().splitlines(), ["a"], [mask], LABELS)
    assert values([mask], [again]) == {"mean_iou": 1.0, "pixel_accuracy": 1.0}


def sample(seed: int, n: int = 40) -> Case:
    generator = np.random.default_rng(seed)
    truth, answers = [], []
    for _ in range(n):
        pixels = nearest(generator.integers(0, 3, (3, 3)), 9, 9)
        wrong = generator.random((9, 9)) < generator.random() / 2
        truth.append(Mask.of(pixels))
        answers.append(Mask.of(np.where(wrong, generator.integers(0, 3, (9, 9)), pixels)))
    return truth, answers  # type: ignore[return-value]


@pytest.mark.parametrize("metric", OUTPUT.metrics)
def test_error_is_that_of_drawing_groups_one_by_one(metric: str) -> None:
    truth, answers = sample(2)
    groups = np.arange(40) // 2
    generator = np.random.default_rng(0)
    slow = []
    for _ in range(800):
        drawn = np.concatenate([np.flatnonzero(groups == g) for g in generator.integers(0, 20, 20)])
        slow.append(OUTPUT.value(metric, OUTPUT.take(truth, drawn), OUTPUT.take(answers, drawn), LABELS))
    estimate = OUTPUT.estimate(metric, truth, answers, LABELS, groups)
    assert estimate.value == OUTPUT.value(metric, truth, answers, LABELS)
    assert estimate.se == pytest.approx(np.std(slow), rel=0.1)


def test_one_item_allows_no_estimate() -> None:
    truth, answers = sample(3, 1)
    assert OUTPUT.estimate("mean_iou", truth, answers, LABELS).se == LARGEST_SE


def test_dummy_gives_every_pixel_the_most_frequent_class() -> None:
    truth = [Mask.of(np.array([[1, 1], [1, 0]])), Mask.of(np.array([[2, 1]]))]
    assert [mask.pixels.tolist() for mask in OUTPUT.dummy(truth, LABELS)] == [[[1, 1], [1, 1]], [[1, 1]]]


def test_items_sum_up_to_the_value() -> None:
    truth, answers = sample(4)
    hits, wrong, missed = OUTPUT.items(truth, answers, LABELS)["areas"].sum(axis=0)
    assert (hits / (hits + wrong + missed)).mean() == pytest.approx(OUTPUT.value("mean_iou", truth, answers, LABELS))


GOOD = {"size": [2, 3], "counts": [4, 2], "labels": ["tree", "road"]}


def test_truth_must_be_masks_with_known_labels() -> None:
    (mask,) = OUTPUT.read_truth([GOOD], LABELS)
    assert mask.pixels.tolist() == [[1, 1, 1], [1, 2, 2]]
    bad: list[Any] = [None, GOOD | {"size": [3, 3]}, GOOD | {"labels": ["tree", "canary"]}, GOOD | {"counts": [6]}]
    with pytest.raises(ValueError, match=r"^4 values are no masks with labels of the data$"):
        OUTPUT.read_truth([*bad, GOOD], LABELS)


IDS = ["a", "b"]


def _rows(**changes: object) -> list[object]:
    found: dict[str, object] = {"b": None, "a": GOOD} | changes
    return [{"id": item, "mask": answer} for item, answer in found.items()]


def _read(content: bytes) -> list[Mask | None]:
    truth = OUTPUT.read_truth([GOOD, GOOD], LABELS)
    read: list[Mask | None] = OUTPUT.read_answers(split_lines(content), IDS, truth, LABELS)
    return read


def test_what_is_written_is_read_again() -> None:
    truth = OUTPUT.read_truth([GOOD], LABELS)
    lines = OUTPUT.lines(IDS, [*truth, None], LABELS)
    assert json.loads(lines[0]) == {"id": "a", "mask": GOOD}
    again, none = _read("\n".join(reversed(lines)).encode())
    assert none is None
    assert again is not None
    assert np.array_equal(again.pixels, truth[0].pixels)


LONG = {"size": [1, 1001], "counts": [1] * 1001, "labels": ["tree", "road"] * 500 + ["tree"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing ids: 2"),
        (jsonl([*_rows(), *_rows()]), "doubled ids: 2"),
        (jsonl([*_rows(), {"id": "c", "mask": GOOD}]), "unknown ids: 1"),
        (jsonl(_rows(a="x")), "not masks: 1"),
        (jsonl(_rows(a=GOOD | {"more": 1})), "not masks: 1"),
        (jsonl(_rows(a=GOOD | {"size": [2, True]})), "not masks: 1"),
        (jsonl(_rows(a=GOOD | {"size": [10**6, 10**6]})), "not masks: 1"),
        (jsonl(_rows(a=GOOD | {"counts": [4, -1]})), "not masks: 1"),
        (jsonl(_rows(a=GOOD | {"counts": [4]})), "not masks: 1"),
        (jsonl(_rows(a=GOOD | {"counts": [4, 3]})), "runs that do not add up: 1"),
        (jsonl(_rows(a=GOOD | {"labels": ["tree", "canary"]})), "unknown labels: 1"),
        (jsonl(_rows(a={"size": [3, 2], "counts": [6], "labels": ["tree"]})), "larger than the image: 1"),
        (jsonl(_rows(a=LONG)), "more than 1000 runs: 1"),
    ],
)
def test_what_is_wrong_is_named_and_counted(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPredictions) as caught:
        _read(content)
    assert str(caught.value) == message


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(InvalidPredictions):
        _read(content)


def test_the_report() -> None:
    half, tree, road = (Mask.of(np.array(rows)) for rows in ([[1, 1], [2, 2]], [[1, 1], [1, 1]], [[2, 2], [2, 2]]))
    rows = [{"id": f"val-{n}", "image": f"{n}.png", "width": 2, "height": 2} for n in range(3)]
    made = OUTPUT.report(
        rows,
        ["image", "width", "height"],
        [half, tree, road],
        [tree, tree, None],
        [half, road, road],
        LABELS,
        ["mean_iou"],
    )
    shown = {group.kind: [example.id for example in group.examples] for group in made.groups}
    assert shown == {
        ExampleKind.LARGEST_ERROR: ["val-2", "val-0"],
        ExampleKind.SMALLEST_ERROR: ["val-1"],
        ExampleKind.IMPROVED: ["val-1"],
        ExampleKind.REGRESSED: ["val-2", "val-0"],
    }
    silent, wrong = made.groups[0].examples
    assert (silent.predicted, silent.error, wrong.error) == (None, 1.0, 0.5)
    assert wrong.target == {"size": [2, 2], "counts": [2, 2], "labels": ["tree", "road"]}
    ground, trees, roads = made.classes
    assert (ground.support, trees.support, roads.support) == (0, 2, 2)
    assert (trees.score, trees.recall) == (6 / 12, 1.0)
    assert made.collapse is not None
    assert made.collapse.answer == "tree"
    assert ValidationReport.model_validate_json(made.model_dump_json()) == made
