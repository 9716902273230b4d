"""`image-classification` through a whole run: convolutional networks and vision transformers, their files elsewhere."""

from __future__ import annotations

import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.training_worker.convert.sources import save_source
from tests.training_worker.export.test_folder import answers_elsewhere, lines
from tests.training_worker.tasks.whole_runs import run_whole
from training_worker.contract.config import parse_config
from training_worker.contract.facts import ModelFacts
from training_worker.contract.limits import ChallengeLimits, DataSize, Terms, check
from training_worker.contract.tasks import TASKS

pytestmark = pytest.mark.torch

TASK = "image-classification"
LABELS = ("circle", "square")
SIZES = {"train": 64, "validation": 24, "test": 30}


def picture(label: str, rng: random.Random, mode: str) -> bytes:
    """A bright shape somewhere on a dark ground."""
    image = Image.new("RGB", (40, 36), (rng.randrange(60),) * 3)
    left, top = rng.randrange(2, 16), rng.randrange(2, 12)
    draw = ImageDraw.Draw(image)
    if label == "circle":
        draw.ellipse((left, top, left + 20, top + 20), fill=(230, 230, 40))
    else:
        draw.rectangle((left, top, left + 20, top + 20), fill=(40, 60, 230))
    file = io.BytesIO()
    image.convert(mode).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("images"), random.Random(0)
    for split, count in SIZES.items():
        rows = []
        with tarfile.open(folder / f"{split}.tar", "w") as archive:
            for n in range(count):
                label, name = LABELS[n % 2], f"{split}-{n}.png"
                body = picture(label, rng, "L" if n == 3 else "RGB")
                entry = tarfile.TarInfo(name)
                entry.size = len(body)
                archive.addfile(entry, io.BytesIO(body))
                (folder / name).write_bytes(body)
                rows.append({"id": f"{split}-{n}", "image": name} | ({"label": label} if split != "test" else {}))
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for architecture in ("efficientnet", "vit", "resnet"):
        save_source(architecture, folder / architecture)
    return folder


def run_images(
    model: Path, data: Path, output: Path, method: dict[str, Any] | None, **training: Any
) -> tuple[Any, list[Any]]:
    settings = {"learning_rate": 1e-2, "num_train_epochs": 4} | training
    return run_whole(TASK, LABELS, model, data, output, method, **settings)


@pytest.mark.parametrize("architecture", ["efficientnet", "vit", "resnet"])
@pytest.mark.parametrize("method", ["head", "full"])
def test_training_beats_guessing_and_the_folder_answers_alike(
    sources: Path, data: Path, tmp_path: Path, architecture: str, method: str
) -> None:
    output = tmp_path / "output"
    rate = 1e-2 if method == "head" else 1e-3
    result, _ = run_images(sources / architecture, data, output, {"name": method}, learning_rate=rate)
    if architecture != "efficientnet":  # random weights of its depth let nothing through: see its real ones
        assert result.validation["accuracy"] > 0.7
    chosen = lines(data / "validation.jsonl")[:10]
    program = [[str(data / row["image"])] for row in chosen]
    answers, warned = answers_elsewhere(output, sources / architecture, program, tmp_path, read="PIL.Image.open")
    expected = {entry["id"]: entry["probabilities"] for entry in lines(output / "validation_predictions.jsonl")}
    for row, answer in zip(chosen, answers, strict=True):
        assert list(answer.values()) == pytest.approx(expected[row["id"]], abs=1e-4)
    if method == "full":
        assert "newly initialized" not in warned


def test_adapters_of_a_vision_transformer(sources: Path, data: Path, tmp_path: Path) -> None:
    method = {"name": "lora", "r": 4}
    result, _ = run_images(sources / "vit", data, tmp_path / "output", method)
    assert result.validation["accuracy"] > 0.7
    assert (tmp_path / "output" / "adapter_model.safetensors").exists()


def test_batch_normalization_trains_its_scale_and_keeps_the_statistics(
    sources: Path, data: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    run_images(sources / "resnet", data, tmp_path, {"name": "full"}, num_train_epochs=1)
    trained, base = load_file(tmp_path / "model.safetensors"), load_file(sources / "resnet" / "model.safetensors")
    statistics = [name for name in base if name.endswith(("running_mean", "running_var"))]
    assert statistics
    assert all(trained[f"resnet.{name}"].equal(base[name]) for name in statistics)
    scales = [name for name in base if name.endswith("normalization.weight")]
    assert scales
    assert not any(trained[f"resnet.{name}"].equal(base[name]) for name in scales)


def test_the_untrained_model_has_a_score_and_is_measured(sources: Path, data: Path, tmp_path: Path) -> None:
    result, _ = run_images(sources / "efficientnet", data, tmp_path / "output", None)
    assert result.base_method.startswith("class prototypes")
    assert result.speed is not None
    report = json.loads((tmp_path / "output" / "report.json").read_text())
    assert report["groups"][0]["examples"][0]["inputs"]["image"].startswith("validation-")


def test_adapters_without_a_layer_to_adapt_are_refused_at_submit() -> None:
    limits = ChallengeLimits(base_models=("net",), methods=("lora",))
    facts = {"net": ModelFacts(family="vision", tasks=(TASK,))}
    terms = Terms(task=TASKS[TASK], limits=limits, size=DataSize(train_examples=64, mean_cost=50.0), models=facts)
    [error] = check(parse_config({"base_model": "net", "method": {"name": "lora"}}), terms)
    assert (error.code, error.field) == ("no_such_layers", "method.target_modules")
