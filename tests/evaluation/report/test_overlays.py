"""Boxes and masks over their images: what is drawn, what it says in words, and what a hostile node sends."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.report.stored import ReportUnreadable, parse_report
from hackathon.presentation.overlay import Box, box_overlay, mask_overlay, matched, overlap, tones_of
from tests.evaluation.report.made_up import example, group
from tests.evaluation.report.validated import set_task, validated
from tests.factories import World
from tests.pages import html, page
from training_worker.contract.report import ClassRow, ExampleKind, MetricRow, ValidationReport
from training_worker.contract.tasks import TASKS

CUP = {"label": "cup", "bbox": [4, 20, 10, 12]}
PLATE = {"label": "plate", "bbox": [30, 30, 20, 18]}
INPUTS: dict[str, Any] = {"image": "7.png", "width": 64, "height": 48}
MASK = {"size": [2, 3], "counts": [4, 2], "labels": ["meadow", "road"]}


def box_report(**changes: Any) -> ValidationReport:
    found = [CUP | {"score": 0.93}, {"label": "cup", "score": 0.41, "bbox": [50.5, 2, 9, 9]}]
    one = example("val-1", [CUP, PLATE], found, [], inputs=INPUTS, error=2 / 3)
    silent = example("val-2", [], None, [], inputs=INPUTS | {"image": "8.png"}, error=1.0)
    values: dict[str, Any] = {
        "items": 2,
        "metrics": (MetricRow(name="map", value=0.41, se=0.05, base=0.1),),
        "classes": (
            ClassRow(
                label="cup", precision=0.5, recall=1.0, f1=2 / 3, support=1, base_f1=0.0, score=0.8, base_score=0.0
            ),
            ClassRow(label="fork", precision=0.0, recall=0.0, f1=0.0, support=0, base_f1=0.0),
        ),
        "class_score": "AP",
        "groups": (group(ExampleKind.LARGEST_ERROR, one, silent),),
    }
    return ValidationReport(**values | changes)


def mask_report() -> ValidationReport:
    other = MASK | {"labels": ["meadow", "water"]}
    one = example("val-1", MASK, other, MASK, inputs=INPUTS, error=1 / 3)
    return ValidationReport(
        items=1,
        metrics=(MetricRow(name="mean_iou", value=0.5, se=0.1, base=1.0),),
        classes=(ClassRow(label="road", precision=0.0, recall=0.0, f1=0.0, support=1, score=0.0, base_score=1.0),),
        class_score="IoU",
        groups=(group(ExampleKind.LARGEST_ERROR, one),),
    )


@pytest.mark.django_db
def test_boxes_are_drawn_over_their_image(world: World) -> None:
    set_task(world, "object-detection")
    submission = validated(world, box_report())
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    address = f"/c/{world.challenge.slug}/data/{world.data.version}/files/7.png"
    assert text.count(f'<image href="{address}" width="64" height="48"') == 3
    assert 'aria-label="True boxes: 1 × cup, 1 × plate"' in text
    assert 'aria-label="Prediction: 2 × cup"' in text
    assert 'aria-label="Base model: nothing found"' in text
    assert '<path class="box tone-0" d="M4.0 20.0h10.0v12.0h-10.0z" />' in text
    assert '<path class="missed tone-0" d="M30.0 30.0h20.0v18.0h-20.0z" />' in text
    assert '<path class="wrong tone-0" d="M50.5 2.0h9.0v9.0h-9.0z" />' in text
    assert "cup 0.93</text>" in text
    assert "cup 0.41 ×</text>" in text
    assert "plate ?</text>" in text
    assert "67 % of the boxes" in text
    assert "no answer" in text
    assert "base AP" in text
    assert "style=" not in text.partition("overlays")[2].partition("facts")[0]


@pytest.mark.django_db
def test_masks_are_drawn_over_their_image(world: World) -> None:
    set_task(world, "image-segmentation")
    submission = validated(world, mask_report())
    text = html(page(world, "captain", f"/s/{submission.pk}/"))
    assert 'aria-label="True mask: meadow 67 %, road 33 %"' in text
    assert text.count('<path class="area tone-7" d="M0.0 0.0h64.0v24.0h-64.0z') == 3
    assert "water</text>" in text
    assert "33.3 % of the pixels" in text
    assert "base IoU" in text


def test_boxes_are_matched_to_those_that_they_overlap_most() -> None:
    one, near, far = Box("a", 0, 0, 10, 10), Box("a", 1, 1, 10, 10), Box("a", 30, 0, 10, 10)
    assert matched([near, one], [one]) == [False, True]
    assert matched([one, far], [far, near]) == [True, True]
    assert matched([one], [Box("b", 0, 0, 10, 10)]) == [False]
    assert matched([], [one]) == []
    assert overlap(one, far) == 0.0
    assert overlap(one, one) == 1.0


def test_a_mask_is_drawn_row_by_row_in_the_size_of_its_image() -> None:
    drawn = mask_overlay((6, 4), {"size": [2, 3], "counts": [1, 3, 2], "labels": ["a", "b", "a"]}, ["a", "b"])
    assert drawn is not None
    first, second = drawn.shapes
    assert first.path == "M0.0 0.0h2.0v2.0h-2.0zM2.0 2.0h4.0v2.0h-4.0z"
    assert second.path == "M2.0 0.0h4.0v2.0h-4.0zM0.0 2.0h2.0v2.0h-2.0z"
    assert (first.x, first.y) == (4.0, 3.0)
    assert first.tone != second.tone


def test_labels_have_colours_of_their_own_as_far_as_there_are_colours() -> None:
    names = [f"label {number}" for number in range(8)]
    assert sorted(tones_of(names).values()) == list(range(8))
    assert tones_of([*names, "one more"]).keys() == {*names, "one more"}
    assert tones_of(["road"])["road"] == tones_of(["meadow", "road"])["road"]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"size": [2, 3], "counts": [4, 3], "labels": ["a", "b"]},
        {"size": [2, 3], "counts": [6], "labels": []},
        {"size": [2, 3], "counts": [6], "labels": [None]},
        {"size": [0, 3], "counts": [], "labels": []},
        {"size": 6, "counts": [6], "labels": ["a"]},
        {"size": [10**12, 10**12], "counts": [10**24], "labels": ["a"]},
        {"size": [1, 2, 3], "counts": [6], "labels": ["a"]},
    ],
)
def test_what_is_no_mask_is_not_drawn(value: Any) -> None:
    assert mask_overlay((6, 4), value) is None


@pytest.mark.parametrize(
    "one", [1, None, {}, {"label": 1, "bbox": [1, 2, 3, 4]}, {"label": "a", "bbox": [1, "<", 3, 4]}]
)
def test_what_is_no_box_is_not_drawn(one: Any) -> None:
    assert box_overlay((6, 4), [one], []).shapes == ()


@pytest.mark.parametrize("task", ["object-detection", "image-segmentation"])
def test_a_report_with_answers_of_another_kind_is_not_shown(task: str) -> None:
    made = box_report() if task == "image-segmentation" else mask_report()
    with pytest.raises(ReportUnreadable):
        parse_report(made.model_dump_json().encode(), TASKS[task])
