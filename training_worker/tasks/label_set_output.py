"""Tasks whose answers are any number of the data's labels: the base score's prototypes of each label, binary
cross-entropy, independent probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..contract.sentences import LABEL_PROTOTYPES
from ..metrics.base import FloatArray
from .base import Context, FeatureTask, Outputs
from .heads import LinearHead
from .loss import PLAIN, LossOptions
from .split import TARGETS, Batch, FeatureSplit, Row, Split

MOST_EXAMPLES = 2048
"""That the base score is made from."""
DIGITS = 6
"""Of a probability, as in prediction lines: what is at the threshold here is so there."""


class LabelSetTask(FeatureTask):
    """A `LinearHead` that gives one logit for each label."""

    def __init__(self, context: Context, rows: Sequence[Row] = ()) -> None:
        super().__init__(context, rows)
        self._examples = min(len(rows), MOST_EXAMPLES)

    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """(N, C) 1 where an example has the label; None where the rows have no target."""
        column = self.spec.target.name
        if not rows or column not in rows[0]:
            return None
        return torch.tensor([[float(label in row[column]) for label in self.context.labels] for row in rows])

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """The first of one seeded shuffle, sorted: labels are as frequent in them as in training."""
        generator = torch.Generator().manual_seed(self.context.base_seed)
        return sorted(torch.randperm(len(rows), generator=generator)[:MOST_EXAMPLES].tolist())

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        assert isinstance(top, LinearHead)
        top.set(*label_prototypes(examples.features, examples.targets(range(len(examples.ids)))))

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, LinearHead)
        top.draw()

    @property
    def base_method(self) -> str:
        return LABEL_PROTOTYPES(count=self._examples)

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Binary cross-entropy, the mean over labels."""
        targets = batch[TARGETS] * (1 - options.label_smoothing) + options.label_smoothing / 2
        return nn.functional.binary_cross_entropy_with_logits(outputs.float(), targets)

    def chance_loss(self) -> float:
        return math.log(2)

    def decode(self, outputs: Sequence[Tensor], split: Split) -> FloatArray:
        """Probabilities (N, C)."""
        probabilities: FloatArray = torch.stack(list(outputs)).double().sigmoid().numpy().round(DIGITS)
        return probabilities


def label_prototypes(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (C, H) and bias (C,) from features (N, H) and targets (N, C) of 0 and 1.

    A label scores s·d·x, where d is the direction from the mean of the examples without it to the mean of those with
    it, and s makes the scores of these examples have standard deviation 1; the bias lets as many examples have a
    probability of one half or more as have the label. One that no or every example has is never or always answered.
    """
    x, y = features.double(), targets.double()
    with_it, count = y.T @ x, y.sum(dim=0, keepdim=True).T
    without, rest = x.sum(dim=0) - with_it, len(x) - count
    weight = nn.functional.normalize(with_it / count.clamp(min=1) - without / rest.clamp(min=1), dim=1)
    is_told = (count > 0) & (rest > 0)
    weight = torch.where(is_told, weight, 0.0)
    spread = (x @ weight.T).std(dim=0, correction=0).unsqueeze(1)
    weight = weight / torch.where(spread > 1e-12, spread, 1.0)
    scores = (x @ weight.T).sort(dim=0, descending=True).values
    last = (count.long().T - 1).clamp(min=0, max=max(0, len(x) - 1))
    after = (last + 1).clamp(max=max(0, len(x) - 1))
    bias = -(scores.gather(0, last) + scores.gather(0, after))[0] / 2
    bias = torch.where(is_told[:, 0], bias, torch.where(count[:, 0] > 0, 1.0, -1.0))
    return weight.float(), bias.float()
