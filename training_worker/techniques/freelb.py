"""`freelb`: adversarial training that learns from every move (FreeLB: Zhu et al. 2020)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..contract.techniques import Freelb as Config
from .base import Technique
from .moved_embeddings import MovedEmbeddings


class Freelb(Technique):
    """Each step learns from the mean of `steps` losses: of its batch with word embeddings moved at random within
    epsilon (L2), and after each move by alpha along the gradient. It costs as many passes as it has steps."""

    config: Config

    def step_loss(self, model: nn.Module, loss: Callable[[], Tensor]) -> Tensor:
        """Calls backward on all losses but the last, which is returned with the value of their mean."""
        config, total = self.config, torch.zeros(())
        with MovedEmbeddings(model, self._start) as moved:
            for _ in range(config.steps - 1):
                share = loss() / config.steps
                share.backward()  # type: ignore[no-untyped-call]
                total = total.to(share.device) + share.detach()
                moved.ascend([move.grad for move in moved.moves], config.alpha, config.epsilon)
            last = loss() / config.steps
        return last + total.to(last.device)

    def _start(self, embeddings: Tensor) -> Tensor:
        """Uniform, no example (of L · H values) farther than epsilon: algorithm 1, from torch's global generator."""
        length: float = self.config.epsilon / embeddings[0].numel() ** 0.5
        return (2 * torch.rand_like(embeddings) - 1) * length


TECHNIQUE = Freelb
