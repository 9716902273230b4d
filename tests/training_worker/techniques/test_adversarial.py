"""PGD and FreeLB against their algorithms on a model small enough to follow by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training_worker.techniques.test_fgm import make_model
from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import Fgm, Freelb, Pgd

pytestmark = pytest.mark.torch

TOKENS = [[1, 2, 2], [3, 4, 5]]
EPSILON, ALPHA = 0.7, 0.4


def gradients(model: Any, technique: Any) -> tuple[float, list[Any]]:
    """The value of a step's loss, and the gradients of the top."""
    import torch

    tokens = torch.tensor(TOKENS)
    loss = technique.step_loss(model, lambda: model(tokens))
    loss.backward()
    return loss.item(), [parameter.grad for parameter in model.top.parameters()]


def made(config: Any) -> Any:
    from training_worker.techniques import load_technique

    return load_technique(config.name)(config, TASKS["text-classification"], 1)


def moved_by_hand(model: Any, start: Any, moves: int) -> list[Any]:
    """Where the embeddings are after each move by ALPHA, projected on a ball of EPSILON."""
    import torch

    with torch.no_grad():
        words = model.backbone.words(torch.tensor(TOKENS))
    delta, found = start, [start]
    for _ in range(moves):
        delta = delta.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(model.from_embeddings(words + delta), delta)
        delta = delta.detach() + ALPHA * gradient / gradient.flatten(1).norm(dim=1)[:, None, None]
        norms = delta.flatten(1).norm(dim=1)[:, None, None]
        delta = torch.where(norms > EPSILON, EPSILON * delta / norms, delta)
        found.append(delta)
    return [words + delta for delta in found]


@pytest.mark.parametrize("steps", [2, 4])
def test_pgd_learns_from_the_batch_and_from_where_the_moves_end(steps: int) -> None:
    import torch

    model = make_model()
    places = moved_by_hand(model, torch.zeros(2, 3, 4), steps)
    wanted = torch.autograd.grad(
        model.from_embeddings(places[0]) + model.from_embeddings(places[-1]), [*model.top.parameters()]
    )
    clean = model.from_embeddings(places[0]).item()
    value, found = gradients(model, made(Pgd(name="pgd", epsilon=EPSILON, alpha=ALPHA, steps=steps)))
    assert value == pytest.approx(clean)
    assert all(torch.allclose(one, other, rtol=1e-4) for one, other in zip(found, wanted, strict=True))


def test_pgd_of_one_long_move_is_fgm() -> None:
    import torch

    one = gradients(make_model(), made(Pgd.model_construct(name="pgd", epsilon=EPSILON, alpha=10.0, steps=1)))[1]
    other = gradients(make_model(), made(Fgm(name="fgm", epsilon=EPSILON)))[1]
    assert all(torch.allclose(left, right) for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize("steps", [2, 3])
def test_freelb_learns_from_the_mean_of_all_places(steps: int) -> None:
    import torch

    model = make_model()
    torch.manual_seed(3)
    start = (2 * torch.rand(2, 3, 4) - 1) * EPSILON / 12**0.5
    places = moved_by_hand(model, start, steps - 1)
    mean = sum(model.from_embeddings(place) for place in places) / steps
    wanted = torch.autograd.grad(mean, [*model.top.parameters()])
    torch.manual_seed(3)
    value, found = gradients(model, made(Freelb(name="freelb", epsilon=EPSILON, alpha=ALPHA, steps=steps)))
    assert value == pytest.approx(mean.item(), rel=1e-5)
    assert all(torch.allclose(one, other, rtol=1e-4) for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("config", [Pgd(name="pgd"), Freelb(name="freelb")], ids=["pgd", "freelb"])
def test_the_model_is_as_before_afterwards(config: Any) -> None:
    import torch

    model, tokens = make_model(), torch.tensor(TOKENS)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    gradients(model, made(config))
    assert all(value.equal(weights[name]) for name, value in model.state_dict().items())
    assert model(tokens).equal(model(tokens))
    assert not model.backbone.words._forward_hooks
