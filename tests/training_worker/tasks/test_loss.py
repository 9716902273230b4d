"""The loss over labels: smoothing, weights of classes, focal loss; each against its formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training_worker.tiny import CLASSES, LABELS, make_config, make_rows
from training_worker.contract.config import TrainingArguments
from training_worker.contract.json_lines import read_rows

pytestmark = pytest.mark.torch

RunJob = Callable[..., tuple[Any, Path, list[Any]]]
LOGITS, TARGETS = [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]], [0, 0, -100]
P = [math.exp(2) / (math.exp(2) + 2), 1 / (math.e + 2)]
"""Probabilities of the right classes of the two that count."""


def loss(**options: Any) -> float:
    import torch

    from training_worker.tasks.loss import LossOptions, mean_cross_entropy

    return float(mean_cross_entropy(torch.tensor(LOGITS), torch.tensor(TARGETS), LossOptions(**options)))


def test_plain_and_smooth() -> None:
    plain = -(math.log(P[0]) + math.log(P[1])) / 2
    assert loss() == pytest.approx(plain)
    uniform = (
        -(
            sum(map(math.log, (P[0], (1 - P[0]) / 2, (1 - P[0]) / 2))) / 3
            + (math.log(math.e * P[1]) + 2 * math.log(P[1])) / 3
        )
        / 2
    )
    assert loss(label_smoothing=0.3) == pytest.approx(0.7 * plain + 0.3 * uniform, rel=1e-5)


def test_focal_loss_weighs_by_what_is_missing() -> None:
    expected = -sum((1 - p) ** 2 * math.log(p) for p in P) / 2
    assert loss(focal_gamma=2.0) == pytest.approx(expected, rel=1e-5)


def test_a_certain_answer_has_finite_gradients() -> None:
    import torch

    from training_worker.tasks.loss import LossOptions, mean_cross_entropy

    logits = torch.tensor([[1000.0, 0.0]], requires_grad=True)
    mean_cross_entropy(logits, torch.tensor([0]), LossOptions(focal_gamma=0.5)).backward()
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())


def test_weights_of_classes() -> None:
    import torch

    weights = torch.tensor([3.0, 1.0, 1.0])
    assert loss(class_weights=weights) == pytest.approx(3 * loss())
    assert loss(class_weights=weights, focal_gamma=2.0) == pytest.approx(3 * loss(focal_gamma=2.0))


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    import numpy as np
    import torch
    from sklearn.utils.class_weight import compute_class_weight

    from training_worker.tasks.loss import balanced_weights

    targets = [0] * 7 + [1] * 2 + [2]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=targets)
    assert balanced_weights(torch.tensor([*targets, -100]), 3).tolist() == pytest.approx(expected.tolist())
    assert balanced_weights(torch.tensor([0, 2, 2]), 3).tolist() == pytest.approx([1.5, 1.0, 0.75])


@pytest.fixture
def rare(tiny_data: Path, tmp_path: Path) -> Path:
    """Training data of which one in nine is positive."""
    import json

    rows = make_rows(96, 7, CLASSES)
    positive = [row for row in rows if row["label"] == LABELS[1]][:6]
    kept = [row for row in rows if row["label"] == LABELS[0]] + positive
    (tmp_path / "rare").mkdir()
    for name in ("validation", "test"):
        (tmp_path / "rare" / f"{name}.jsonl").write_bytes((tiny_data / f"{name}.jsonl").read_bytes())
    (tmp_path / "rare" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    return tmp_path / "rare"


def test_a_rare_class_is_answered_more_often_where_classes_are_balanced(run_job: RunJob, rare: Path) -> None:
    def mean(**training: Any) -> float:
        _, output, _ = run_job(make_config("full", num_train_epochs=1, head_init="random", **training), data=rare)
        rows = read_rows((output / "predictions.jsonl").read_bytes())
        return sum(row["probabilities"][1] for row in rows) / len(rows)

    assert mean(class_weight="balanced") > mean() + 0.05


def test_options_come_from_the_config(tiny_model: Path) -> None:
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    rows = make_rows(30, 1, CLASSES)[:9]
    task = load_task(CLASSES)(Context(tiny_model, LABELS), rows)
    split = task.encode(rows, "train", 16)
    training = TrainingArguments(label_smoothing_factor=0.1, focal_gamma=1.5, class_weight="balanced")
    options = task.loss_options(training, split)
    assert (options.label_smoothing, options.focal_gamma) == (0.1, 1.5)
    counts = [sum(row["label"] == label for row in rows) for label in LABELS]
    assert options.class_weights is not None
    assert options.class_weights.tolist() == pytest.approx([9 / (2 * count) for count in counts])
