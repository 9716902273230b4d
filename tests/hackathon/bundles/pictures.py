"""A task of the tests whose input is an image, and a bundle for it. No worker can do it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hackathon.bundles.yaml import dump
from training_worker.contract.tasks import TASKS, Column, TaskSpec

TASK = "pictures"
SPEC = TaskSpec(
    id=TASK,
    inputs=(Column(name="image", kind="image"),),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=("accuracy",),
    presentation="image",
    families=("vision",),
    unit="kilopixels",
)
FACTS = {"family": "vision", "tasks": [TASK], "max_positions": None, "layers": []}
LABELS = ("day", "night")
TRAIN, VALIDATION, TEST = 6, 4, 10
CHALLENGE = {
    "slug": "pictures",
    "title": "Day or night?",
    "task": TASK,
    "primary_metric": "accuracy",
    "limits": {"base_models": ["tiny-vision"], "methods": ["head", "full"]},
    "phases": [{"name": "Main"}],
    "license": "CC0-1.0",
    "source": "Made for tests.",
}


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle without a problem. Image names of every split tell the label."""
    monkeypatch.setitem(TASKS, TASK, SPEC)
    folder = tmp_path / "pictures"
    (folder / "files").mkdir(parents=True)
    (folder / "challenge.yaml").write_text(dump(CHALLENGE))
    number = 0
    for split, count in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
        rows = []
        for n in range(count):
            number += 1
            ending = "png" if n % 2 else "jpg"
            name = f"{LABELS[n // 2 % 2]}-{number}.{ending}"
            (folder / "files" / name).write_bytes(picture(ending, shade=number * 12))
            rows.append({"id": f"{split}-{n}", "image": name, "label": LABELS[n // 2 % 2]})
        hidden = ("label",) if split == "test" else ()
        write_rows(folder / f"{split}.jsonl", ({k: v for k, v in row.items() if k not in hidden} for row in rows))
        if split == "test":
            write_rows(folder / "test_labels.jsonl", ({"id": row["id"], "label": row["label"]} for row in rows))
    return folder


def picture(ending: str, *, shade: int = 0, size: tuple[int, int] = (6, 4)) -> bytes:
    """A grey image in the format of a file name's ending."""
    body = io.BytesIO()
    Image.new("L", size, shade % 256).save(body, "PNG" if ending == "png" else "JPEG")
    return body.getvalue()


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def edit(path: Path, line: int, **changes: Any) -> None:
    """Change one line (from 1) of a JSON lines file; None removes a column."""
    rows = read_rows(path)
    row = rows[line - 1] | changes
    rows[line - 1] = {name: value for name, value in row.items() if value is not None}
    write_rows(path, rows)
