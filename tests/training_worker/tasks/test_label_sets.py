"""The base score of sets of labels: a prototype of each label that answers as often as the label is right."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch


def test_each_label_is_answered_as_often_as_it_is_right() -> None:
    import torch

    from training_worker.tasks.label_set_output import label_prototypes

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 6, generator=generator) + 3.0
    y = torch.stack([x[:, 0] > 3.5, x[:, 1] > 4.5, torch.rand(200, generator=generator) < 0.4], dim=1).float()
    weight, bias = label_prototypes(x, y)
    answered = x @ weight.T + bias > 0
    assert answered.sum(0).tolist() == y.sum(0).tolist()
    right = (answered == (y > 0)).float().mean(0)
    assert right[0] > 0.8
    assert right[1] > 0.9


def test_a_label_that_no_or_every_example_has_is_never_or_always_answered() -> None:
    import torch

    from training_worker.tasks.label_set_output import label_prototypes

    x = torch.randn(20, 4, generator=torch.Generator().manual_seed(1))
    weight, bias = label_prototypes(x, torch.tensor([[0.0, 1.0]] * 20))
    assert (x @ weight.T + bias > 0).tolist() == [[False, True]] * 20
    weight, bias = label_prototypes(x[:1], torch.tensor([[0.0, 1.0]]))
    assert (x[:1] @ weight.T + bias > 0).tolist() == [[False, True]]
