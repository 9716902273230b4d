"""The base score's head."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch


def test_the_linear_head_answers_as_centred_cosine() -> None:
    import torch

    from training_worker.tasks.prototypes import prototype_head

    torch.manual_seed(0)
    labels = torch.arange(60) % 3
    features = torch.randn(60, 8) + 2 * torch.nn.functional.one_hot(labels, 8)
    weight, bias = prototype_head(features, labels, 3)
    means = torch.stack([features[labels == label].mean(dim=0) for label in range(3)])
    centre = means.mean(dim=0)
    cosine = torch.nn.functional.cosine_similarity((features - centre)[:, None], (means - centre)[None], dim=2)
    assert torch.equal((features @ weight.T + bias).argmax(dim=1), cosine.argmax(dim=1))
    assert float((features @ weight.T + bias).std()) == pytest.approx(1.0, abs=0.02)


def test_examples_are_seeded_balanced_and_bounded() -> None:
    import torch

    from training_worker.tasks.prototypes import choose_examples, examples_per_class

    labels = torch.tensor([0] * 1000 + [1] * 300 + [2] * 5)
    chosen = choose_examples(labels, 3, seed=7)
    assert chosen == choose_examples(labels, 3, seed=7) != choose_examples(labels, 3, seed=8)
    assert torch.bincount(labels[chosen]).tolist() == [256, 256, 5]
    assert [examples_per_class(n) for n in (2, 8, 98, 5000)] == [256, 256, 20, 4]


def test_a_class_without_examples_and_equal_features_do_not_break() -> None:
    import torch

    from training_worker.tasks.prototypes import prototype_head

    weight, bias = prototype_head(torch.ones(4, 3), torch.tensor([0, 0, 2, 2]), 4)
    assert weight.shape == (4, 3)
    assert bool(weight.isfinite().all())
    assert bool(bias.isfinite().all())
