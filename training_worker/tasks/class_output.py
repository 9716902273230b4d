"""Tasks whose answers are labels of the data: the base score's prototypes, cross-entropy, probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from ..contract.sentences import CLASS_PROTOTYPES
from ..metrics.base import FloatArray
from . import prototypes
from .base import FeatureTask, Outputs
from .heads import LinearHead
from .split import TARGETS, Batch, FeatureSplit, Row, Split

IGNORED = -100
"""Target of what is only padding."""


def mean_cross_entropy(logits: Tensor, targets: Tensor, label_smoothing: float) -> Tensor:
    """Of logits (…, C) for the numbers (…) that are not `IGNORED`."""
    targets = targets.flatten()
    total = nn.functional.cross_entropy(
        logits.float().flatten(0, -2),
        targets,
        ignore_index=IGNORED,
        label_smoothing=label_smoothing,
        reduction="sum",
    )
    return total / (targets != IGNORED).sum().clamp(min=1)


class LabelTask(FeatureTask):
    """A `LinearHead` that gives logits (…, C) for features (…, H), of examples or of their parts."""

    @cached_property
    def label_numbers(self) -> dict[str, int]:
        return {label: number for number, label in enumerate(self.context.labels)}

    def start_at_base(self, top: nn.Module, examples: FeatureSplit) -> None:
        assert isinstance(top, LinearHead)
        targets = examples.targets(range(len(examples.ids))).flatten()
        known = targets[targets != IGNORED]
        top.set(*prototypes.prototype_head(examples.features, known, len(self.context.labels)))

    def start_at_random(self, top: nn.Module) -> None:
        assert isinstance(top, LinearHead)
        top.draw()

    def loss(self, outputs: Outputs, batch: Batch, label_smoothing: float) -> Tensor:
        """Cross-entropy."""
        return mean_cross_entropy(outputs, batch[TARGETS], label_smoothing)

    def weight(self, batch: Batch) -> int:
        """How many labels there are to find."""
        return int((batch[TARGETS] != IGNORED).sum())

    def chance_loss(self) -> float:
        return math.log(max(2, len(self.context.labels)))


class ClassTask(LabelTask):
    """One label for each example."""

    def read_targets(self, rows: Sequence[Row]) -> Tensor | None:
        """Numbers of the labels, (N,) int64; None where the rows have no target."""
        column = self.spec.target.name
        if not rows or column not in rows[0]:
            return None
        return torch.tensor([self.label_numbers[row[column]] for row in rows])

    def choose_examples(self, rows: Sequence[Row]) -> list[int]:
        """As many of each label; see `prototypes`."""
        targets = self.read_targets(rows)
        assert targets is not None
        return prototypes.choose_examples(targets, len(self.context.labels), self.context.base_seed)

    @property
    def base_method(self) -> str:
        count = prototypes.examples_per_class(len(self.context.labels))
        return CLASS_PROTOTYPES(count=count)

    def decode(self, outputs: Sequence[Tensor], split: Split) -> FloatArray:
        """Probabilities (N, C)."""
        probabilities: FloatArray = torch.stack(list(outputs)).double().softmax(dim=1).numpy()
        return probabilities
