"""Tasks whose answer is a number: the base score's ridge regression, squared error, a head that knows the target's
scale."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..contract.sentences import RIDGE
from ..metrics.base import FloatArray
from .base import Context, FeatureTask, Outputs
from .heads import LinearHead
from .loss import PLAIN, LossOptions
from .ridge import ridge_head
from .split import TARGETS, Batch, FeatureSplit, Row, Split

MOST_EXAMPLES = 256
"""Of the base score: as many as a class has for its prototype. With all of them it would be a trained head."""


class NumberHead(LinearHead):
    """Features (B, H) → numbers (B,) in the target's own unit.

    Its linear layer works on the standardised target, so that one learning rate suits stars and dollars alike. There is
    no dropout: it would move a number by the size of the weights, where a class stays what it is.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int, outputs: int, dropout: float) -> None:
        super().__init__(width, outputs, dropout=0.0)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def forward(self, features: Tensor) -> Tensor:
        return self.mean + self.scale * super().forward(features).float().squeeze(-1)

    def exported(self) -> tuple[Tensor, Tensor]:
        """In the target's own unit."""
        weight, bias = super().exported()
        return self.scale * weight, self.scale * bias + self.mean


class NumberTask(FeatureTask):
    """`mean` and `scale` are those of the training targets; the scale is 1 where they are all equal."""

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        targets = [float(row[self.spec.target.name]) for row in rows]
        self.mean = statistics.fmean(targets) if targets else 0.0
        self.scale = (statistics.pstdev(targets) if targets else 0.0) or 1.0
        self._examples = min(len(targets), MOST_EXAMPLES)

    def standardise(self, head: nn.Module) -> None:
        """Tell a new head the target's scale."""
        assert isinstance(head, NumberHead)
        head.mean.fill_(self.mean)
        head.scale.fill_(self.scale)

    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """(N,) float32; None where the rows have no target."""
        column = self.spec.target.name
        return torch.tensor([float(row[column]) for row in rows]) if rows and column in rows[0] else None

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """The first of one seeded shuffle, sorted."""
        generator = torch.Generator().manual_seed(self.context.base_seed)
        return sorted(torch.randperm(len(rows), generator=generator)[:MOST_EXAMPLES].tolist())

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        assert isinstance(top, NumberHead)
        targets = examples.targets(range(len(examples.ids)))
        top.set(*ridge_head(examples.features, (targets - self.mean) / self.scale))

    @property
    def base_method(self) -> str:
        return RIDGE(count=self._examples)

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, NumberHead)
        top.draw()

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Mean squared error in units of the target's variance: 1 for one who always says the mean."""
        return nn.functional.mse_loss(outputs.float() / self.scale, batch[TARGETS] / self.scale)

    def chance_loss(self) -> float:
        return 1.0

    def decode(self, outputs: Sequence[Tensor], split: Split) -> FloatArray:
        """(N,)"""
        numbers: FloatArray = torch.stack(list(outputs)).double().numpy()
        return numbers
