"""Boxes and masks in bundles: what is wrong with them is said by file and line, and no hidden one is repeated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hackathon.answers import answers_of
from hackathon.bundles.reading import inspect_bundle
from hackathon.bundles.values import MAX_RUNS
from tests.hackathon.bundles.pictures import edit, picture, read_rows, write_rows
from tests.hackathon.bundles.test_reading import problems_of
from training_worker.contract.tasks import TASKS
from training_worker.metrics import output_of

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
BOX = {"label": "cup", "bbox": [1, 1, 4, 4]}
BOXES = 'a list of at most 100 objects {"label": text, "bbox": [x, y, width, height]}'


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "on-the-table", tmp_path / "table"))


@pytest.fixture
def land(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "from-above", tmp_path / "land"))


@pytest.mark.parametrize("name", ["on-the-table", "from-above"])
def test_the_examples_have_no_problem(name: str) -> None:
    assert problems_of(EXAMPLES / name) == []


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([BOX | {"bbox": [40, 1, 30, 4]}], "Box 1 lies outside of its image."),
        ([BOX, BOX | {"bbox": [-1, 1, 4, 4]}], "Box 2 lies outside of its image."),
        ([BOX | {"bbox": [1, 1, 0, 4]}], "Box 1 has no area: its width and height must be above 0."),
        ([BOX | {"bbox": [1, 1, 4, -4]}], "Box 1 has no area: its width and height must be above 0."),
        ([BOX | {"label": "fork"}], "The label “fork” of box 1 is none of the challenge's labels."),
        ([BOX] * 101, f"The value of “objects” must be {BOXES}."),
        ([BOX | {"area": 16}], f"The value of “objects” must be {BOXES}."),
        ([BOX | {"bbox": [1, 1, 4]}], f"The value of “objects” must be {BOXES}."),
        ([BOX | {"bbox": [1, 1, "4", 4]}], f"The value of “objects” must be {BOXES}."),
        ([BOX | {"label": " "}], f"The value of “objects” must be {BOXES}."),
        ({"label": [], "bbox": []}, f"The value of “objects” must be {BOXES}."),
    ],
)
def test_what_is_wrong_with_boxes(table: Path, objects: Any, message: str) -> None:
    edit(table / "train.jsonl", 2, objects=objects)
    assert problems_of(table) == [f"train.jsonl:2: {message}"]


def test_a_hidden_box_is_judged_beside_its_image_and_not_repeated(table: Path) -> None:
    edit(table / "test_labels.jsonl", 1, objects=[BOX | {"label": "canary"}])
    edit(table / "test_labels.jsonl", 2, objects=[BOX | {"bbox": [1, 1, 999, 4]}])
    assert problems_of(table) == [
        "test_labels.jsonl:1: The label of box 1 is none of the challenge's labels.",
        "test_labels.jsonl:2: Box 1 lies outside of its image.",
    ]


def test_an_image_without_an_object_is_in_order_but_not_all_of_them(table: Path) -> None:
    rows = read_rows(table / "train.jsonl")
    write_rows(table / "train.jsonl", (row | {"objects": []} for row in rows))
    assert "train.jsonl: No image has an object: there is nothing to learn." in problems_of(table)


def test_one_label_is_enough_for_boxes(table: Path) -> None:
    text = (table / "challenge.yaml").read_text()
    (table / "challenge.yaml").write_text(text.replace("labels: [cup, plate, spoon]\n", ""))
    for name in ("train", "validation", "test_labels"):
        rows = read_rows(table / f"{name}.jsonl")
        boxes = ([one | {"label": "thing"} for one in row["objects"]] for row in rows)
        write_rows(table / f"{name}.jsonl", (row | {"objects": found} for row, found in zip(rows, boxes, strict=True)))
    inspection = inspect_bundle(table)
    assert inspection.bundle is not None
    assert inspection.bundle.labels == ("thing",)


def test_a_label_with_one_example_is_a_warning(table: Path) -> None:
    text = (table / "challenge.yaml").read_text()
    (table / "challenge.yaml").write_text(text.replace("[cup, plate, spoon]", "[cup, plate, spoon, fork]"))
    edit(table / "train.jsonl", 2, objects=[BOX | {"label": "fork"}])
    inspection = inspect_bundle(table)
    assert inspection.bundle is not None
    (warning,) = [str(one) for one in inspection.problems.warnings() if "one example" in str(one)]
    assert warning.startswith("train.jsonl:2: Labels with only one example: 1, such as “fork” here.")


@pytest.mark.parametrize("changes", [{"width": 47}, {"height": 1000}])
def test_width_and_height_are_those_of_the_image(table: Path, changes: dict[str, int]) -> None:
    edit(table / "test.jsonl", 3, **changes)
    found = [problem for problem in problems_of(table) if problem.startswith("test.jsonl:3: The image is ")]
    assert len(found) == 1
    assert found[0].endswith("pixels, which its width and height do not say.")


def test_a_broken_image_is_reported_once(table: Path) -> None:
    (table / "files" / "train-01.png").write_bytes(picture("png")[:40])
    assert problems_of(table) == ["train.jsonl:1: The image cannot be decoded as PNG."]


def mask(**changes: Any) -> dict[str, Any]:
    return {"size": [32, 40], "counts": [1000, 280], "labels": ["meadow", "road"]} | changes


KIND = f"at most {MAX_RUNS} runs."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (mask(size=[40, 32]), "The mask has another size than its image: size must be [height, width]."),
        (mask(size=[16, 20], counts=[300, 20]), "The mask has another size than its image"),
        (mask(counts=[1000, 281]), "The runs of the mask do not add up to the pixels of its size."),
        (mask(labels=["meadow", "snow"]), "The label “snow” is none of the challenge's labels."),
        (mask(counts=[1280, 0]), KIND),
        (mask(counts=[1280]), KIND),
        (mask(size=[32]), KIND),
        (mask(more=1), KIND),
        (mask(labels=["meadow", 2]), KIND),
        (mask(counts=[], labels=[]), KIND),
        ([1, 2], KIND),
    ],
)
def test_what_is_wrong_with_a_mask(land: Path, value: Any, message: str) -> None:
    edit(land / "train.jsonl", 2, mask=value)
    (found,) = problems_of(land)
    assert found.startswith("train.jsonl:2: ")
    assert message in found


def test_a_hidden_mask_is_judged_beside_its_image_and_not_repeated(land: Path) -> None:
    edit(land / "test_labels.jsonl", 1, mask=mask(labels=["meadow", "canary"]))
    edit(land / "test_labels.jsonl", 2, mask=mask(size=[40, 32]))
    assert problems_of(land) == [
        "test_labels.jsonl:1: The mask has a label that is none of the challenge's labels.",
        "test_labels.jsonl:2: The mask has another size than its image: size must be [height, width].",
    ]


@pytest.mark.parametrize("name", ["on-the-table", "from-above"])
def test_no_line_of_predictions_is_larger_than_it_is_said_to_be(name: str) -> None:
    inspection = inspect_bundle(EXAMPLES / name)
    assert inspection.bundle is not None
    bundle, labels = inspection.bundle, ["a" * 64, 'ä"\\' * 10]
    spec = bundle.task
    row = bundle.test[0]
    box = {"label": labels[1], "score": 0.1235, "bbox": [-123456.78] * 4}
    width, height = row.values["width"], row.values["height"]
    largest: dict[str, Any] = {
        "boxes": [box] * 100,
        "mask": {
            "size": [height, width],
            "counts": [1] * 999 + [width * height - 999],
            "labels": labels * 500,
        },
    }
    line = json.dumps({"id": row.id, spec.output: largest[spec.output]}, ensure_ascii=False)
    limit = answers_of(spec.output).largest_line(row, spec, labels)
    assert len(line.encode()) + 1 <= limit < 2 * len(line.encode())


@pytest.mark.parametrize("task", ["object-detection", "image-segmentation"])
def test_what_the_data_tab_counts(task: str) -> None:
    kind = answers_of(TASKS[task].output)
    target = {"object-detection": [BOX, BOX, BOX | {"label": "plate"}], "image-segmentation": mask()}[task]
    assert (
        list(kind.labels_of(target))
        == {
            "object-detection": ["cup", "cup", "plate"],
            "image-segmentation": ["meadow", "road"],
        }[task]
    )
    assert (
        kind.text(target)
        == {
            "object-detection": "2 × cup, 1 × plate",
            "image-segmentation": "meadow 78 %, road 22 %",
        }[task]
    )
    assert output_of(TASKS[task].output).metrics == TASKS[task].metrics
