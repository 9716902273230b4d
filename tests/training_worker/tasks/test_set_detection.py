"""`object-detection` by DETR and YOLOS through a whole run: they learn, and their files find the same elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from tests.training_worker.convert.sources import DETECTORS, save_source
from tests.training_worker.tasks.toy_scenes import BOXES, LABELS, assert_found_elsewhere, run_scenes, write_scenes
from training_worker.contract.facts import LayerGroup
from training_worker.contract.tasks import TASKS
from training_worker.convert.convert import convert

pytestmark = pytest.mark.torch

FEW = {"per_device_train_batch_size": 8, "num_train_epochs": 10, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scenes(tmp_path_factory.mktemp("scenes"))[BOXES]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted; `knowing` has a class for squares."""
    folder, raw = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("raw")
    made = {one: save_source(one, raw / one) for one in DETECTORS}
    made["knowing"] = save_source("yolos", raw / "knowing", id2label={0: "cat", 1: "N/A", 2: "Square"})
    for name, source in made.items():
        info = convert(str(source), folder / name, slug="tiny", license="mit", revision="1", image_size=32)
        assert (info.family, info.tasks) == ("detector", (BOXES,))
        assert info.layers == get_args(LayerGroup)
    return folder


CASES = [("yolos", {"name": "full"}), ("detr", {"name": "full"}), ("detr", {"name": "lora", "r": 4})]


@pytest.mark.parametrize(("architecture", "method"), CASES, ids=["YOLOS", "DETR", "adapters of DETR"])
def test_sets_are_learned_and_the_folder_finds_the_same(
    sources: Path, data: Path, tmp_path: Path, architecture: str, method: dict[str, Any]
) -> None:
    output = tmp_path / "output"
    result, report, losses = run_scenes(BOXES, sources / architecture, data, output, method, "detector", **FEW)
    assert sum(losses[-6:]) < 0.9 * sum(losses[:6])
    assert {row.name: row.value for row in report.metrics} == pytest.approx(result.validation)
    assert_found_elsewhere(sources / architecture, data, output, tmp_path)


def test_the_untrained_model_has_a_score_and_says_what_it_knows(sources: Path, data: Path, tmp_path: Path) -> None:
    known, *_ = run_scenes(BOXES, sources / "knowing", data, tmp_path / "known", None, "detector")
    assert known.base_method == "zero-shot: the untrained model, which has classes for 1 of the 2 labels"
    assert known.speed is not None
    new, *_ = run_scenes(BOXES, sources / "yolos", data, tmp_path / "new", None, "detector")
    assert new.base_method == "none: new classes for 2 labels, not trained"


def test_a_class_of_the_models_own_keeps_its_weights(sources: Path) -> None:
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context
    from training_worker.tasks.set_detection import load_detector

    context = Context(folder=sources / "knowing", labels=LABELS[BOXES], pooling=None)
    top = load_task(BOXES, "detector")(context).build_model().top
    own = load_detector(sources / "knowing").class_labels_classifier.layers[-1].weight
    made = top.class_labels_classifier.layers[-1].weight
    assert made.shape == (3, own.shape[1])
    assert made[1].equal(own[2])  # "square" by the name "Square"
    assert made[2].equal(own[3])  # no object
    assert not any(made[0].equal(row) for row in own)
    again = load_task(BOXES, "detector")(context).build_model().top
    assert again.class_labels_classifier.layers[-1].weight.equal(made)


def test_what_the_queries_say_is_read_in_pixels() -> None:
    import torch

    from training_worker.tasks.set_detection import found_in

    made = torch.tensor(
        [
            [0.0, 5.0, 0.0, 0.5, 0.5, 0.5, 0.5],
            [9.0, 0.0, 0.0, 1.0, 0.5, 0.5, 1.0],  # half of it is beyond the right side
            [0.0, 0.0, 9.0, 0.5, 0.5, 0.5, 0.5],  # no object
            [9.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.5],  # without a width
        ]
    )
    found = found_in(made, (40, 80))
    assert [(one.label, one[2:]) for one in found] == [(0, (60.0, 0.0, 20.0, 40.0)), (1, (20.0, 10.0, 40.0, 20.0))]


def test_an_image_without_objects_and_a_batch_without_any_have_a_loss(sources: Path) -> None:
    import torch

    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context
    from training_worker.tasks.split import TARGETS

    task = load_task(BOXES, "detector")(Context(folder=sources / "detr", labels=LABELS[BOXES], pooling=None))
    rows = [
        {"width": 40, "height": 20, "objects": boxes} for boxes in ([], [{"label": "square", "bbox": [4, 4, 8, 8]}])
    ]
    targets = task.read_targets(rows)
    assert targets[0].tolist() == [[-1.0] * 5]
    assert targets[1, 0].tolist() == pytest.approx([1, 0.2, 0.4, 0.2, 0.4])
    outputs = torch.rand(2, 6, 7, requires_grad=True)
    for batch in (targets, targets[:1]):
        loss = task.loss(outputs[: len(batch)], {TARGETS: batch})
        assert 0 < loss.item() < task.chance_loss() * 2
        loss.backward()


def test_they_detect_and_have_no_frozen_head() -> None:
    from training_worker.convert.facts import tasks_of

    assert tasks_of("detr", "detector") == tasks_of("yolos", "detector") == (BOXES,)
    assert TASKS[BOXES].has_features
    assert not TASKS[BOXES].of("detector").has_features
