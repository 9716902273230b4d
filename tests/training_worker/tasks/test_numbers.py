"""The base score's regressor, and a head in the target's own unit."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.training_worker.tiny import NUMBERS, make_rows

pytestmark = pytest.mark.torch


def test_ridge_is_scikit_learns() -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sklearn.linear_model import RidgeCV
    from training_worker.tasks.ridge import PENALTIES, ridge_head

    torch.manual_seed(0)
    features = torch.randn(60, 8) @ torch.randn(8, 8) + 3
    targets = features @ torch.randn(8) + 2 * torch.randn(60) + 5
    weight, bias = ridge_head(features, targets)
    centred = (features - features.mean(dim=0)).double()
    unit = float((centred.T @ centred).trace()) / 8
    theirs = RidgeCV([penalty * unit for penalty in PENALTIES]).fit(features.numpy(), targets.numpy())
    assert weight.shape == (1, 8)
    assert weight[0].tolist() == pytest.approx(theirs.coef_.tolist(), rel=1e-3)
    assert bias.item() == pytest.approx(float(theirs.intercept_), rel=1e-3)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_examples_and_equal_features_do_not_break(count: int) -> None:
    import torch

    from training_worker.tasks.ridge import ridge_head

    for features in (torch.ones(count, 3), torch.eye(5, 3)[:count]):
        weight, bias = ridge_head(features, torch.arange(float(count)))
        assert bool(weight.isfinite().all())
        assert bool(bias.isfinite().all())


def test_the_loss_does_not_depend_on_the_targets_unit(tiny_model: Path) -> None:
    """So one learning rate means the same for stars and for dollars."""
    import torch

    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context
    from training_worker.tasks.split import inputs_of

    seen = []
    for unit in (1.0, 1000.0):
        rows = [row | {"label": unit * row["label"]} for row in make_rows(40, 1, NUMBERS)]
        task = load_task(NUMBERS)(Context(tiny_model, (), "mean"), rows)
        torch.manual_seed(0)
        model = task.build_model().eval()
        split = task.encode(rows, "train", 32)
        batch = split.collate(range(40))
        outputs = model(**inputs_of(batch))
        loss = task.loss(outputs, batch)
        loss.backward()
        seen.append((loss.detach(), model.top.linear.weight.grad, outputs.detach().mean() / unit))
        guess = torch.full((40,), task.mean)
        assert task.loss(guess, batch).item() == pytest.approx(task.chance_loss(), rel=1e-5)
    for one, thousand in zip(*seen, strict=True):
        assert torch.allclose(one, thousand, rtol=1e-4)


def test_equal_targets_have_a_scale(tiny_model: Path) -> None:
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    task = load_task(NUMBERS)(Context(tiny_model, (), "mean"), [{"id": "1", "text": "a", "label": 3}] * 4)
    assert (task.mean, task.scale) == (3.0, 1.0)


@pytest.mark.parametrize("name", [NUMBERS, "recommendation"])
def test_training_drops_nothing_out_where_the_answer_is_a_number(tiny_model: Path, name: str) -> None:
    import torch

    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    model = load_task(name)(Context(tiny_model, (), "mean")).build_model()
    ids = {"input_ids": torch.arange(5, 21).view(2, 8), "attention_mask": torch.ones(2, 8, dtype=torch.int64)}
    with torch.no_grad():
        training, predicting = model.train().backbone(**ids), model.eval().backbone(**ids)
    assert training.last_hidden_state.equal(predicting.last_hidden_state)
    classifier = load_task("text-classification")(Context(tiny_model, ("a", "b"), "mean")).build_model()
    with torch.no_grad():
        training, predicting = classifier.train().backbone(**ids), classifier.eval().backbone(**ids)
    assert not training.last_hidden_state.equal(predicting.last_hidden_state)


def test_the_base_score_of_numbers_is_made_from_some_examples(tiny_model: Path) -> None:
    from training_worker.tasks import load_task
    from training_worker.tasks.base import Context

    rows = make_rows(400, 1, NUMBERS)
    task = load_task(NUMBERS)(Context(tiny_model, (), "mean"), rows)
    assert len({*task.choose_examples(rows)}) == 256
    assert "256" in task.base_method
