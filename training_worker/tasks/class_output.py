"""Tasks whose answers are labels of the data: the base score's prototypes, cross-entropy, probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor, nn

from ..contract.config import TrainingArguments
from ..contract.sentences import CLASS_PROTOTYPES
from ..metrics.base import FloatArray
from . import prototypes
from .base import FeatureTask, Outputs
from .heads import LinearHead
from .loss import IGNORED, PLAIN, LossOptions, balanced_weights, mean_cross_entropy
from .split import TARGETS, Batch, FeatureSplit, Row, Split


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

    def loss(self, outputs: Outputs, batch: Batch, options: LossOptions = PLAIN) -> Tensor:
        """Cross-entropy."""
        return mean_cross_entropy(outputs, batch[TARGETS], options)

    def loss_options(self, training: TrainingArguments, train: Split) -> LossOptions:
        options = super().loss_options(training, train)
        if training.class_weight == "balanced":
            known = [train.targets([index]).flatten() for index in range(len(train.ids))]
            weights = balanced_weights(torch.cat(known), len(self.context.labels))
            options = replace(options, class_weights=weights)
        return replace(options, focal_gamma=training.focal_gamma)

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
