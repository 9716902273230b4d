"""`fgm`: adversarial training by the fast gradient method (Miyato et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ..contract.techniques import Fgm as Config
from .base import Technique
from .moved_embeddings import MovedEmbeddings


class Fgm(Technique):
    """Each step learns from its batch twice: as it is, and with the word embeddings of each example moved by epsilon
    (L2) along the gradient of the loss. It costs a forward and a backward pass more."""

    config: Config

    def step_loss(self, model: nn.Module, loss: Callable[[], Tensor]) -> Tensor:
        """Calls backward on the clean loss, returns the adversarial one with the value of the clean one: the curve of
        a run with it can be compared with that of a run without."""
        with MovedEmbeddings(model) as moved:
            clean = loss()
            clean.backward()  # type: ignore[no-untyped-call]
            moved.ascend([move.grad for move in moved.moves], self.config.epsilon, self.config.epsilon)
            adversarial = loss()
        return adversarial + (clean - adversarial).detach()


TECHNIQUE = Fgm
