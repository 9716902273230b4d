"""FGM against its formula on a model small enough to compute it by hand."""

from __future__ import annotations

from typing import Any

import pytest

from training_worker.contract.tasks import TASKS
from training_worker.contract.techniques import Fgm

pytestmark = pytest.mark.torch


def make_model() -> Any:
    import torch
    from torch import Tensor, nn

    class Backbone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(7, 4)

        def get_input_embeddings(self) -> nn.Module:
            return self.words

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = Backbone()
            self.top = nn.Linear(4, 1)

        def from_embeddings(self, embeddings: Tensor) -> Tensor:
            return self.top(embeddings.tanh().sum(dim=1)).square().mean()

        def forward(self, tokens: Tensor) -> Tensor:
            return self.from_embeddings(self.backbone.words(tokens))

    torch.manual_seed(0)
    return Model()


@pytest.mark.parametrize("is_frozen", [False, True], ids=["embeddings train", "embeddings are frozen"])
def test_gradients_are_those_of_the_clean_and_the_moved_batch(is_frozen: bool) -> None:
    import torch

    from training_worker.techniques.fgm import TECHNIQUE

    tokens, epsilon = torch.tensor([[1, 2, 2], [3, 4, 5]]), 0.7
    model = make_model()
    with torch.no_grad():
        embeddings = model.backbone.words(tokens)
    embeddings.requires_grad_(True)
    clean = model.from_embeddings(embeddings)
    (gradient,) = torch.autograd.grad(clean, embeddings, retain_graph=True)
    move = epsilon * gradient / gradient.flatten(1).norm(dim=1)[:, None, None]
    expected = torch.autograd.grad(clean + model.from_embeddings(embeddings + move), [*model.top.parameters()])

    model.backbone.requires_grad_(not is_frozen)
    technique = TECHNIQUE(Fgm(name="fgm", epsilon=epsilon), TASKS["text-classification"], 1)
    loss = technique.step_loss(model, lambda: model(tokens))
    loss.backward()
    assert loss.item() == pytest.approx(clean.item())
    for parameter, wanted in zip(model.top.parameters(), expected, strict=True):
        assert torch.allclose(parameter.grad, wanted, rtol=1e-5)
    assert (model.backbone.words.weight.grad is None) is is_frozen


def test_the_model_is_as_before_afterwards() -> None:
    import torch

    from training_worker.techniques.fgm import TECHNIQUE

    tokens, model = torch.tensor([[1, 2, 2]]), make_model()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    TECHNIQUE(Fgm(name="fgm"), TASKS["text-classification"], 1).step_loss(model, lambda: model(tokens)).backward()
    assert all(value.equal(weights[name]) for name, value in model.state_dict().items())
    assert model(tokens).equal(model(tokens))
    assert not model.backbone.words._forward_hooks
