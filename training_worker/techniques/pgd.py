"""`pgd`: adversarial training by projected gradient descent (Madry et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..contract.techniques import Pgd as Config
from .base import Technique
from .moved_embeddings import MovedEmbeddings


class Pgd(Technique):
    """Each step learns from its batch as it is, and with the word embeddings of each example moved `steps` times by
    alpha along the gradient of the loss, never farther than epsilon (L2). It costs a forward and a backward pass more
    for each of them."""

    config: Config

    def step_loss(self, model: nn.Module, loss: Callable[[], Tensor]) -> Tensor:
        """Calls backward on the clean loss, returns the adversarial one with the value of the clean one. What lies
        between them is for the moves alone: no weight learns from it."""
        config = self.config
        with MovedEmbeddings(model) as moved:
            clean = loss()
            clean.backward()  # type: ignore[no-untyped-call]
            gradients: list[Tensor | None] = [move.grad for move in moved.moves]
            for _ in range(config.steps - 1):
                moved.ascend(gradients, config.alpha, config.epsilon)
                gradients = list(torch.autograd.grad(loss(), moved.moves))
            moved.ascend(gradients, config.alpha, config.epsilon)
            adversarial = loss()
        return adversarial + (clean - adversarial).detach()


TECHNIQUE = Pgd
