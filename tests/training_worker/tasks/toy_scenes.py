"""Toy scenes with circles and squares, and whole runs on them."""

from __future__ import annotations

import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.training_worker.export.test_folder import answers_elsewhere, lines
from tests.training_worker.tasks.whole_runs import run_whole
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS

BOXES, MASKS = "object-detection", "image-segmentation"
LABELS = {BOXES: ("circle", "square"), MASKS: ("circle", "ground", "square")}
COLOURS = {"circle": (230, 230, 40), "square": (40, 60, 230), "ground": (20, 20, 20)}
SIZES = {"train": 48, "validation": 16, "test": 20}
WIDTH, HEIGHT = 56, 40
SCENES = 6
"""That are answered elsewhere, too."""


def scene(rng: random.Random) -> tuple[Image.Image, list[dict[str, Any]]]:
    """None, one or two shapes of one side, next to each other."""
    image = Image.new("RGB", (WIDTH, HEIGHT), COLOURS["ground"])
    draw, objects = ImageDraw.Draw(image), []
    for left in rng.sample((2, 30), rng.choice((0, 1, 1, 2))):
        x, y, label = left + rng.randrange(6), 4 + rng.randrange(12), rng.choice(("circle", "square"))
        shape = draw.ellipse if label == "circle" else draw.rectangle
        shape((x, y, x + 17, y + 17), fill=COLOURS[label])
        objects.append({"label": label, "bbox": [x, y, 18, 18]})
    return image, objects


def mask_of(image: Image.Image) -> dict[str, Any]:
    names = {colour: name for name, colour in COLOURS.items()}
    pixels = [names[image.getpixel((x, y))] for y in range(HEIGHT) for x in range(WIDTH)]  # type: ignore[index]
    return {"size": [HEIGHT, WIDTH], "counts": [1] * len(pixels), "labels": pixels}


def write_scenes(root: Path) -> dict[str, Path]:
    """A folder for each task, of the same images."""
    for task in LABELS:
        (root / task).mkdir()
        rng, target = random.Random(0), TASKS[task].target.name
        for split, count in SIZES.items():
            rows = []
            with tarfile.open(root / task / f"{split}.tar", "w") as archive:
                for n in range(count):
                    image, objects = scene(rng)
                    name, file = f"{split}-{n}.png", io.BytesIO()
                    image.save(file, "PNG")
                    entry = tarfile.TarInfo(name)
                    entry.size = len(file.getvalue())
                    archive.addfile(entry, io.BytesIO(file.getvalue()))
                    (root / task / name).write_bytes(file.getvalue())
                    answer = objects if task == BOXES else mask_of(image)
                    row = {"id": f"{split}-{n}", "image": name, "width": WIDTH, "height": HEIGHT}
                    rows.append(row | ({target: answer} if split != "test" else {}))
            (root / task / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {task: root / task for task in LABELS}


def run_scenes(
    task: str,
    model: Path,
    data: Path,
    output: Path,
    method: dict[str, Any] | None,
    family: str = "vision",
    **training: Any,
) -> tuple[Any, ValidationReport, list[float]]:
    """Its result, its report, and the training losses."""
    settings = {"learning_rate": 1e-2, "num_train_epochs": 10} | training
    result, messages = run_whole(task, LABELS[task], model, data, output, method, family=family, **settings)
    losses = [point.value for message in messages for point in message.points if point.name == "train_loss"]
    return result, ValidationReport.model_validate_json((output / "report.json").read_bytes()), losses


def assert_found_elsewhere(base: Path, data: Path, output: Path, scratch: Path) -> None:
    """The published folder finds the boxes of the first validation images that the run found."""
    chosen = lines(data / "validation.jsonl")[:SCENES]
    program = [[str(data / row["image"])] for row in chosen]
    answers, _ = answers_elsewhere(output, base, program, scratch, read="PIL.Image.open")
    expected = {entry["id"]: entry["boxes"] for entry in lines(output / "validation_predictions.jsonl")}
    assert any(answers)
    for row, boxes in zip(chosen, answers, strict=True):
        for found, own in zip(boxes, expected[row["id"]], strict=True):
            assert found["label"] == own["label"]
            assert found["score"] == pytest.approx(own["score"], abs=1e-3)
            assert found["bbox"] == pytest.approx(own["bbox"], abs=0.05)
