"""Toy scenes with circles and squares, and whole runs on them."""

from __future__ import annotations

import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tests.training_worker.tiny import make_spec
from training_worker.contract.report import ValidationReport
from training_worker.contract.tasks import TASKS
from training_worker.contract.wire import JobSpec

BOXES, MASKS = "object-detection", "image-segmentation"
LABELS = {BOXES: ("circle", "square"), MASKS: ("circle", "ground", "square")}
COLOURS = {"circle": (230, 230, 40), "square": (40, 60, 230), "ground": (20, 20, 20)}
SIZES = {"train": 48, "validation": 16, "test": 20}
WIDTH, HEIGHT = 56, 40


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
    import torch

    from training_worker.run.journal import Journal
    from training_worker.run.messages import ChildJob
    from training_worker.run.run import run

    torch.set_num_threads(1)
    (output / "features").mkdir(parents=True)
    settings = {"learning_rate": 1e-2, "per_device_train_batch_size": 8, "num_train_epochs": 10} | training
    config = {"base_model": "tiny", "method": method, "training": settings} if method else None
    dataset = make_spec(None)["dataset"] | {"task": task, "labels": list(LABELS[task])}
    spec = make_spec(config, dataset=dataset, primary_metric=TASKS[task].metrics[0])
    spec["files"]["model"] |= {"pooling": None, "family": family}
    job = ChildJob(
        spec=JobSpec.model_validate_json(json.dumps(spec)),
        data={path.name: str(path) for path in data.iterdir() if path.suffix in {".jsonl", ".tar"}},
        model=str(model),
        features=str(output / "features"),
        output=str(output),
        threads=1,
    )
    messages: list[Any] = []
    result = run(job, Journal(messages.append))
    losses = [point.value for message in messages for point in message.points if point.name == "train_loss"]
    return result, ValidationReport.model_validate_json((output / "report.json").read_bytes()), losses
