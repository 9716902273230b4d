"""`object-detection` and `image-segmentation` through a whole run: they learn, and their files answer alike."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.convert.sources import CONFIGS, IMAGE_PROCESSORS, save_source
from tests.training_worker.export.test_folder import answers_elsewhere, lines
from tests.training_worker.tasks.toy_scenes import (
    BOXES,
    HEIGHT,
    MASKS,
    SCENES,
    SIZES,
    WIDTH,
    assert_found_elsewhere,
    run_scenes,
    write_scenes,
)

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_scenes(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for architecture in ("vit", "resnet"):
        save_source(architecture, folder / architecture)
    return folder


CASES = [("resnet", {"name": "head"}), ("vit", {"name": "full"})]
by_case = pytest.mark.parametrize(("architecture", "method"), CASES, ids=["head of a ResNet", "whole ViT"])


def has_learned(losses: list[float]) -> bool:
    return sum(losses[-6:]) < 0.9 * sum(losses[:6])


@by_case
def test_boxes_are_learned_and_the_folder_finds_the_same(
    sources: Path, folders: dict[str, Path], tmp_path: Path, architecture: str, method: dict[str, Any]
) -> None:
    data, output = folders[BOXES], tmp_path / "output"
    rate = 1e-2 if method["name"] == "head" else 2e-3
    settings = {"learning_rate": rate, "head_init": "random"}
    result, report, losses = run_scenes(BOXES, sources / architecture, data, output, method, **settings)
    assert has_learned(losses)
    assert {row.name: row.value for row in report.metrics} == pytest.approx(result.validation)
    assert_found_elsewhere(sources / architecture, data, output, tmp_path)


@by_case
def test_masks_are_learned_and_the_folder_says_the_same(
    sources: Path, folders: dict[str, Path], tmp_path: Path, architecture: str, method: dict[str, Any]
) -> None:
    data, output = folders[MASKS], tmp_path / "output"
    settings = {"learning_rate": 1e-2 if method["name"] == "head" else 2e-3, "num_train_epochs": 5}
    result, report, losses = run_scenes(MASKS, sources / architecture, data, output, method, **settings)
    assert has_learned(losses)
    assert {row.name: row.value for row in report.metrics} == pytest.approx(result.validation)
    chosen = lines(data / "validation.jsonl")[:SCENES]
    program = [[str(data / row["image"])] for row in chosen]
    answers, _ = answers_elsewhere(output, sources / architecture, program, tmp_path, read="PIL.Image.open")
    expected = {entry["id"]: entry["mask"] for entry in lines(output / "validation_predictions.jsonl")}
    for row, answer in zip(chosen, answers, strict=True):
        mask = expected[row["id"]]
        own = [name for name, count in zip(mask["labels"], mask["counts"], strict=True) for _ in range(count)]
        assert mask["size"] == [HEIGHT, WIDTH]
        same = [a == b for a, b in zip(own, itertools.chain.from_iterable(answer), strict=True)]
        assert sum(same) >= 0.995 * len(same)


@pytest.mark.parametrize("task", [BOXES, MASKS])
def test_the_untrained_model_has_a_score_and_is_measured(
    sources: Path, folders: dict[str, Path], tmp_path: Path, task: str
) -> None:
    result, *_ = run_scenes(task, sources / "resnet", folders[task], tmp_path / "output", None)
    assert result.base_method.startswith("class prototypes of the cells")
    assert result.speed is not None
    ids = [entry["id"] for entry in lines(tmp_path / "output" / "predictions.jsonl")]
    assert ids == [f"test-{n}" for n in range(SIZES["test"])]
    again, *_ = run_scenes(task, sources / "resnet", folders[task], tmp_path / "again", None)
    assert again.validation == result.validation


def test_adapters_of_a_vision_transformer(sources: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    method = {"name": "lora", "r": 4}
    _, report, _ = run_scenes(MASKS, sources / "vit", folders[MASKS], tmp_path / "output", method, num_train_epochs=2)
    assert (tmp_path / "output" / "adapter_model.safetensors").exists()
    assert report.metrics[0].base is not None


def small(architecture: str) -> dict[str, Any]:
    staged = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
    own: dict[str, dict[str, Any]] = {
        "deit": CONFIGS["vit"] | {"image_size": 64},
        "dinov2": {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 16,
        },
        "regnet": staged | {"embedding_size": 8, "groups_width": 8},
        "convnext": staged,
        "convnextv2": staged,
        "mobilenet_v2": {"image_size": 64},
    }
    return own.get(architecture) or CONFIGS[architecture] | {"image_size": 64}


def test_every_architecture_that_is_named_has_cells() -> None:
    import torch
    from transformers import AutoConfig, AutoModel

    from training_worker.tasks.image_cells import ARCHITECTURES, MOST_CELLS, STAGED, cell_map

    for architecture in ARCHITECTURES:
        with torch.device("meta"):
            model = AutoModel.from_config(AutoConfig.for_model(architecture, **small(architecture))).eval()
            wide = architecture in STAGED
            cells = cell_map(model, torch.zeros(2, 3, 64, 96 if wide else 64))
        rows, columns = cells.shape[2:]
        assert cells.shape[0] == 2
        assert rows * columns <= MOST_CELLS
        assert columns * 2 == rows * (3 if wide else 2), architecture


def test_only_they_are_said_to_do_these_tasks() -> None:
    from training_worker.convert.facts import tasks_of

    assert {BOXES, MASKS} < set(tasks_of("vit", "vision"))
    assert not {BOXES, MASKS} & set(tasks_of("swin", "vision"))
    assert "resnet" in IMAGE_PROCESSORS


def test_an_object_belongs_to_the_cell_of_its_middle_and_the_smaller_one_wins() -> None:
    from training_worker.tasks.cell_boxes import assign, boxes_in_cells, corners_of

    targets = assign([(1, 0, 0, 40, 40), (0, 18, 18, 4, 4)], (0.1, 0.1), 4, 4)
    assert targets.view(4, 4, 5)[..., 0].tolist() == [
        [-1, -1, -1, -1],
        [-1, 0, 0, -1],
        [-1, 0, 0, -1],
        [-1, -1, -1, -1],
    ]
    wide = assign([(1, 0, 0, 40, 10)], (0.1, 0.1), 4, 4)
    assert wide.view(4, 4, 5)[0, :, 0].tolist() == [-1, 1, 1, -1]
    corners = corners_of(boxes_in_cells(wide, 4), 4)
    assert corners[1].tolist() == pytest.approx([0, 0, 4, 1], abs=1e-5)


def test_a_box_that_a_surer_one_covers_is_not_kept() -> None:
    import torch

    from training_worker.tasks.cell_boxes import kept_boxes

    made = torch.full((4, 6), -9.0)
    made[:, 2:] = 0.0
    made[0, 0], made[1, 0], made[1, 1], made[3, 0] = 2.0, 1.0, 0.5, -2.0
    made[1, 2] = -0.9  # moves its middle onto that of the first
    kept = kept_boxes(made, 2, (2, 2), (20, 40))
    assert [(one.label, round(one.score, 2)) for one in kept] == [(0, 0.88), (1, 0.62), (0, 0.12)]
    assert kept[0][2:] == pytest.approx((0.0, 0.0, 20.0, 10.0))
