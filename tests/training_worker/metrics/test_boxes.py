"""Boxes against pycocotools, and what else is asked of an output."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tests.factories import jsonl
from training_worker.contract.json_lines import split_lines
from training_worker.contract.report import ExampleKind, ValidationReport
from training_worker.contract.tasks.pictures import MOST_BOXES
from training_worker.metrics import output_of
from training_worker.metrics.base import InvalidPredictions
from training_worker.metrics.box_matching import Answer, Found, Object, Objects
from training_worker.metrics.standard_error import LARGEST_SE

LABELS = ("cup", "plate", "fork")
OUTPUT = output_of("boxes")
Case = tuple[list[Objects], list[Answer]]

places = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(2, 5)] * 2)
labels = st.integers(0, 2)
scores = st.sampled_from([0.1, 0.5, 0.5, 0.9, 1.0])
objects = st.lists(st.builds(lambda label, place: Object(label, *place), labels, places), max_size=4).map(tuple)
answers = st.lists(
    st.builds(lambda label, score, place: Found(label, score, *place), labels, scores, places), max_size=6
).map(tuple)
cases = st.lists(st.tuples(objects, answers), min_size=1, max_size=6).map(
    lambda items: ([truth for truth, _ in items], [answer for _, answer in items])
)


def values(truth: list[Objects], found: list[Answer]) -> dict[str, float]:
    return {metric: OUTPUT.value(metric, truth, found, LABELS) for metric in OUTPUT.metrics}


def evaluated(truth: list[Objects], found: list[Answer]) -> Any:
    """What pycocotools makes of it."""
    boxes = [(image, one) for image, item in enumerate(truth) for one in item]
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image} for image in range(len(truth))],
        "categories": [{"id": label} for label in range(len(LABELS))],
        "annotations": [
            {
                "id": number + 1,
                "image_id": image,
                "category_id": one.label,
                "bbox": list(one[1:]),
                "area": one.width * one.height,
                "iscrowd": 0,
            }
            for number, (image, one) in enumerate(boxes)
        ],
    }
    results = [
        {"image_id": image, "category_id": one.label, "score": one.score, "bbox": list(one[2:])}
        for image, answer in enumerate(found)
        for one in answer or ()
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        made = COCOeval(coco, coco.loadRes(results), "bbox")
        made.evaluate()
        made.accumulate()
        made.summarize()
    return made


@settings(deadline=None)
@given(cases)
def test_values_are_pycocotools(case: Case) -> None:
    if any(case[0]) and any(case[1]):
        expected = dict(zip(("map", "map_50", "map_75"), evaluated(*case).stats[:3], strict=True))
        assert values(*case) == pytest.approx(expected, abs=1e-9)
    else:
        assert values(*case) == {"map": 0.0, "map_50": 0.0, "map_75": 0.0}


def sample(seed: int, n: int = 40) -> Case:
    """Boxes near the objects, some of another label, and some that are nowhere."""
    generator = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(n):
        item = [
            Object(int(generator.integers(3)), *generator.uniform(5, 60, 4)) for _ in range(generator.integers(0, 4))
        ]
        near = [
            Found(
                one.label if generator.random() < 0.8 else int(generator.integers(3)),
                float(generator.random()),
                *np.array(one[1:]) * generator.uniform(0.85, 1.15, 4),
            )
            for one in item
            if generator.random() < 0.9
        ]
        lost = [Found(int(generator.integers(3)), float(generator.random()), *generator.uniform(5, 60, 4))]
        truth.append(tuple(item))
        found.append(tuple(near + lost))
    return truth, found


def test_classes_are_pycocotools() -> None:
    truth, found = sample(1)
    precision = evaluated(truth, found).eval["precision"][:, :, :, 0, 2]
    expected = {label: precision[:, :, number].mean() for number, label in enumerate(LABELS)}
    assert OUTPUT.per_class(truth, found, LABELS) == pytest.approx(expected)


def test_a_class_without_an_object_has_no_average_precision() -> None:
    truth: list[Objects] = [(Object(0, 0, 0, 4, 4),)]
    found: list[Answer] = [(Found(0, 0.9, 0, 0, 4, 4), Found(1, 1.0, 0, 0, 4, 4))]
    assert OUTPUT.per_class(truth, found, LABELS) == pytest.approx({"cup": 1.0})
    assert OUTPUT.value("map", truth, found, LABELS) == pytest.approx(1.0)


@settings(deadline=None)
@given(cases)
def test_no_answer_is_never_better_than_any_answer(case: Case) -> None:
    truth, found = case
    with_all, without_first = values(truth, found), values(truth, [None, *found[1:]])
    assert all(without_first[metric] <= with_all[metric] + 1e-12 for metric in OUTPUT.metrics)


def test_no_answer_is_worse_than_nothing_found() -> None:
    truth, found = sample(2)
    some = next(number for number, item in enumerate(truth) if not item)
    nothing = [() if number == some else one for number, one in enumerate(found)]
    silent = [None if number == some else one for number, one in enumerate(found)]
    assert OUTPUT.value("map", truth, silent, LABELS) < OUTPUT.value("map", truth, nothing, LABELS)


@pytest.mark.parametrize("metric", OUTPUT.metrics)
def test_error_is_that_of_drawing_groups_one_by_one(metric: str) -> None:
    truth, found = sample(3)
    groups = np.arange(40) // 2
    generator = np.random.default_rng(0)
    slow = []
    for _ in range(200):
        drawn = np.concatenate([np.flatnonzero(groups == g) for g in generator.integers(0, 20, 20)])
        slow.append(OUTPUT.value(metric, OUTPUT.take(truth, drawn), OUTPUT.take(found, drawn), LABELS))
    estimate = OUTPUT.estimate(metric, truth, found, LABELS, groups)
    assert estimate.value == OUTPUT.value(metric, truth, found, LABELS)
    assert estimate.se == pytest.approx(np.std(slow), rel=0.2)
    assert estimate == OUTPUT.estimate(metric, truth, found, LABELS, groups)


def test_a_weight_of_two_is_the_image_twice() -> None:
    from training_worker.metrics.box_precision import mean_average_precision, rankings

    truth, found = sample(4, 12)
    times = np.array([0, 1, 2, 3] * 3)
    weighted = mean_average_precision(rankings(truth, found, 3), times[None].astype(float), range(10))
    drawn = np.repeat(np.arange(12), times)
    assert weighted[0] == pytest.approx(
        OUTPUT.value("map", OUTPUT.take(truth, drawn), OUTPUT.take(found, drawn), LABELS), abs=1e-12
    )


def test_one_item_allows_no_estimate() -> None:
    assert OUTPUT.estimate("map", [(Object(0, 0, 0, 1, 1),)], [()], LABELS).se == LARGEST_SE


def test_dummy_finds_nothing() -> None:
    truth, _ = sample(5)
    assert OUTPUT.value("map", truth, OUTPUT.dummy(truth, LABELS), LABELS) == 0.0


def test_truth_must_be_boxes_with_known_labels() -> None:
    good = {"label": "cup", "bbox": [1, 2.5, 3, 4]}
    assert OUTPUT.read_truth([[good], []], LABELS) == [(Object(0, 1.0, 2.5, 3.0, 4.0),), ()]
    bad = [[good | {"label": "canary"}], "x", [{"label": "cup"}], [good | {"bbox": [1, 2, 3]}], [good | {"score": 1}]]
    with pytest.raises(ValueError, match=r"^5 lists hold something else than boxes with labels of the data$"):
        OUTPUT.read_truth([*bad, [good]], LABELS)


def test_items_have_what_average_precision_is_made_from() -> None:
    truth, found = sample(6)
    kept = OUTPUT.items(truth, [None, *found[1:]], LABELS)
    assert kept["objects"].sum() == sum(map(len, truth))
    assert (kept["classes"] >= 0).sum() == sum(map(len, found[1:]))
    assert kept["is_answered"].sum() == len(truth) - 1
    assert kept["hits"].shape == (40, MOST_BOXES, 10)


BOX = {"label": "cup", "score": 0.5, "bbox": [0, 0, 4, 4]}
IDS = ["a", "b"]
TRUTH: list[Objects] = [(Object(0, 0, 0, 4, 4),), ()]


def _rows(**changes: object) -> list[object]:
    found: dict[str, object] = {"b": [], "a": [BOX]} | changes
    return [{"id": item, "boxes": answer} for item, answer in found.items()]


def _read(content: bytes) -> list[Answer]:
    read: list[Answer] = OUTPUT.read_answers(split_lines(content), IDS, TRUTH, LABELS)
    return read


def test_what_is_written_is_read_again() -> None:
    found: list[Answer] = [(Found(1, 0.1234, 1.25, 2.0, 3.0, 4.5),), None]
    lines = OUTPUT.lines(IDS, found, LABELS)
    assert json.loads(lines[1]) == {"id": "b", "boxes": None}
    assert _read("\n".join(reversed(lines)).encode()) == found
    assert _read(jsonl(_rows())) == [(Found(0, 0.5, 0, 0, 4, 4),), ()]
    assert json.loads(OUTPUT.lines(["a"], [(Found(0, float("nan"), 0, 0, 1, 1),)], LABELS)[0])["boxes"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing ids: 2"),
        (jsonl(_rows()[:1]), "missing ids: 1"),
        (jsonl([*_rows(), *_rows()]), "doubled ids: 2"),
        (jsonl([*_rows(), {"id": "c", "boxes": []}]), "unknown ids: 1"),
        (jsonl(_rows(a="x")), "missing ids: 1; not a prediction: 1"),
        (jsonl(_rows(a=[BOX] * 101)), "more than 100 boxes: 1"),
        (jsonl(_rows(a=[1])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"area": 1}])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"bbox": [0, 0, 1]}])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"bbox": [0, 0, -1, 1]}])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"bbox": [0, 0, 1e7, 1]}])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"bbox": [0, 0, float("nan"), 1]}])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"bbox": [0, 0, True, 1]}])), "not boxes: 1"),
        (jsonl(_rows(a=[BOX | {"label": "canary"}])), "unknown labels: 1"),
        (jsonl(_rows(a=[BOX | {"label": ["cup"]}])), "unknown labels: 1"),
        (jsonl(_rows(a=[BOX | {"score": 1.5}])), "scores outside of 0…1: 1"),
        (jsonl(_rows(a=[BOX | {"score": float("inf")}])), "scores outside of 0…1: 1"),
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


def made_report() -> ValidationReport:
    truth: list[Objects] = [(Object(0, 0, 0, 4, 4), Object(1, 10, 10, 5, 5)), (Object(0, 2, 2, 6, 6),), (), ()]
    tuned: list[Answer] = [
        (Found(0, 0.9, 0, 0, 4, 4), Found(1, 0.1, 50, 50, 5, 5)),
        (Found(0, 0.8, 2, 2, 6, 6),),
        (),
        None,
    ]
    base: list[Answer] = [(), (Found(1, 0.7, 2, 2, 6, 6),), (), ()]
    rows = [{"id": f"val-{n}", "image": f"{n}.png", "width": 64, "height": 64} for n in range(4)]
    return OUTPUT.report(rows, ["image", "width", "height"], truth, tuned, base, LABELS, OUTPUT.metrics)


def test_the_report_shows_boxes_that_are_sure_enough() -> None:
    made = made_report()
    shown = {group.kind: [example.id for example in group.examples] for group in made.groups}
    assert shown == {
        ExampleKind.LARGEST_ERROR: ["val-3", "val-0"],
        ExampleKind.SMALLEST_ERROR: ["val-1", "val-2"],
        ExampleKind.IMPROVED: ["val-1", "val-0"],
        ExampleKind.REGRESSED: ["val-3"],
    }
    silent, half = made.groups[0].examples
    assert (silent.predicted, silent.error) == (None, 1.0)
    assert half.predicted == [{"label": "cup", "score": 0.9, "bbox": [0, 0, 4, 4]}]
    assert half.target[1] == {"label": "plate", "bbox": [10.0, 10.0, 5.0, 5.0]}
    assert (half.base_predicted, half.error) == ([], 0.5)
    assert half.inputs == {"image": "0.png", "width": 64, "height": 64}


def test_classes_have_their_average_precision_beside_f1() -> None:
    made = made_report()
    cup, plate, fork = made.classes
    assert made.class_score == "AP"
    assert (cup.precision, cup.recall, cup.support, cup.base_score) == (1.0, 1.0, 2, 0.0)
    assert cup.score is not None
    assert 0 < cup.score < 0.1, "an item without an answer comes before the two that are right"
    assert (plate.score, plate.recall) == (0.0, 0.0)
    assert (fork.score, fork.base_score, fork.support) == (None, None, 0)
    assert ValidationReport.model_validate_json(made.model_dump_json()) == made
