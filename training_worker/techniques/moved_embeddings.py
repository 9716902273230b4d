"""Word embeddings that are moved a little for each example: what adversarial training does to a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


class MovedEmbeddings:
    """While entered, adds a move of the same shape, `start` of it at first, to every output (B, L, H) of the layer of
    word embeddings. A model may call it more than once in a pass."""

    def __init__(self, model: nn.Module, start: Callable[[Tensor], Tensor] = torch.zeros_like) -> None:
        self._layer: nn.Module = model.backbone.get_input_embeddings()  # type: ignore[operator, union-attr]
        self._start = start
        self.moves: list[Tensor] = []
        self._calls = 0

    def __enter__(self) -> MovedEmbeddings:
        self._hook = self._layer.register_forward_hook(self._add)
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()

    def _add(self, _layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if self._calls == len(self.moves):
            self.moves.append(self._start(output.detach()).requires_grad_())
        self._calls += 1
        return output + self.moves[self._calls - 1]

    def ascend(self, gradients: Sequence[Tensor | None], length: float, radius: float) -> None:
        """For the next pass: each example moves on by `length` (L2) along its gradient, and stays within `radius` of
        where it was; where its gradient is zero, it stays."""
        pairs = zip(self.moves, gradients, strict=True)
        moved = [move.detach() + length * _direction(gradient) for move, gradient in pairs]
        self.moves = [_within(move, radius).requires_grad_() for move in moved]
        self._calls = 0


def _direction(gradient: Tensor | None) -> Tensor:
    """That of each example, (B, …), at length 1."""
    assert gradient is not None
    return gradient / _norms(gradient).clamp(min=torch.finfo(gradient.dtype).tiny)


def _within(moves: Tensor, radius: float) -> Tensor:
    norms = _norms(moves).clamp(min=torch.finfo(moves.dtype).tiny)
    return moves * (radius / norms).clamp(max=1.0)


def _norms(values: Tensor) -> Tensor:
    """(B, 1, 1) of (B, L, H)."""
    norms: Tensor = values.flatten(1).norm(dim=1)
    return norms[:, None, None]
