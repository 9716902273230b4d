"""`fgm`: adversarial training by the fast gradient method (Miyato et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..contract.techniques import Fgm as Config
from .base import Technique


class Fgm(Technique):
    """Each step learns from its batch twice: as it is, and with the word embeddings of each example moved by epsilon
    (L2) along the gradient of the loss. It costs a forward and a backward pass more."""

    config: Config

    def step_loss(self, model: nn.Module, loss: Callable[[], Tensor]) -> Tensor:
        """Calls backward on the clean loss, returns the adversarial one with the value of the clean one: the curve of
        a run with it can be compared with that of a run without."""
        embeddings = model.backbone.get_input_embeddings()  # type: ignore[operator, union-attr]
        with _Moved(embeddings) as moved:
            clean = loss()
            clean.backward()  # type: ignore[no-untyped-call]
            moved.move_along_gradient(self.config.epsilon)
            adversarial = loss()
        return adversarial + (clean - adversarial).detach()


class _Moved:
    """While entered, adds a move of the same shape, zero at first, to every output (B, L, H) of a layer. A model may
    call it more than once in a pass."""

    def __init__(self, layer: nn.Module) -> None:
        self._layer = layer
        self._moves: list[Tensor] = []
        self._calls = 0

    def __enter__(self) -> _Moved:
        self._hook = self._layer.register_forward_hook(self._add)
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()

    def _add(self, _layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if self._calls == len(self._moves):
            self._moves.append(torch.zeros_like(output, requires_grad=True))
        self._calls += 1
        return output + self._moves[self._calls - 1]

    def move_along_gradient(self, length: float) -> None:
        """For each example by `length` in the next pass; where its gradient is zero, it stays."""
        self._moves = [length * _direction(move) for move in self._moves]
        self._calls = 0


def _direction(move: Tensor) -> Tensor:
    """The gradient of each example, (B, …), at length 1."""
    gradient = move.grad
    assert gradient is not None
    norms = gradient.flatten(1).norm(dim=1).clamp(min=torch.finfo(gradient.dtype).tiny)
    return gradient / norms[:, None, None]


TECHNIQUE = Fgm
