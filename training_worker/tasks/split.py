"""Examples of one data file, ready for a model: `Split`, and `FeatureSplit` where the backbone does not train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..contract.base import JSON

Row = dict[str, JSON]
"""One line of a data file: `id`, the inputs' columns, and the target's where it is known."""
Batch = dict[str, Tensor]
"""Named tensors of some examples: a model's keyword arguments and, under `labels`, their targets where known."""
TARGETS = "labels"


class Split(Protocol):
    """Examples of one data file, ready for a model."""

    @property
    def ids(self) -> Sequence[str]: ...

    @property
    def costs(self) -> Sequence[int]:
        """What each example costs, at least 1, in the task's unit (`TaskSpec.unit`)."""

    @property
    def has_targets(self) -> bool: ...

    def collate(self, indices: Sequence[int]) -> Batch:
        """These examples as named tensors (B, …), padded, with their targets where there are any."""

    def targets(self, indices: Sequence[int]) -> Tensor:
        """The targets (B, …) alone, as `collate` has them. Only where `has_targets`."""

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        """What a model made of `collate(indices)`, (B, …), as one tensor an example, without padding."""


def inputs_of(batch: Batch) -> Batch:
    """A batch without its targets: what a model is called with."""
    return {name: value for name, value in batch.items() if name != TARGETS}


@dataclass(frozen=True)
class FeatureSplit:
    """`source` as features: (N, H), or where an example has many, (sum of L_i, H) of which example i has the rows
    from `offsets[i]` to `offsets[i + 1]`."""

    source: Split
    features: Tensor
    offsets: Tensor | None = None

    @classmethod
    def of(cls, source: Split, features: Sequence[Tensor]) -> FeatureSplit:
        """From the features of each example, (H,) or (L_i, H)."""
        if features[0].dim() == 1:
            return cls(source, torch.stack(list(features)))
        lengths = torch.tensor([0, *map(len, features)])
        return cls(source, torch.cat(list(features)), lengths.cumsum(0))

    @property
    def ids(self) -> Sequence[str]:
        return self.source.ids

    @property
    def costs(self) -> list[int]:
        """In features, at least 1."""
        if self.offsets is None:
            return [1] * len(self.features)
        return [max(1, end - start) for start, end in pairwise(self.offsets.tolist())]

    @property
    def has_targets(self) -> bool:
        return self.source.has_targets

    def collate(self, indices: Sequence[int]) -> Batch:
        batch = {"features": self._features(indices)}
        return batch | {TARGETS: self.targets(indices)} if self.has_targets else batch

    def targets(self, indices: Sequence[int]) -> Tensor:
        return self.source.targets(indices)

    def unpack(self, values: Tensor, indices: Sequence[int]) -> list[Tensor]:
        return self.source.unpack(values, indices)

    def features_of(self, index: int) -> Tensor:
        """Of one example: (H,) or (L, H)."""
        if self.offsets is None:
            return self.features[index]
        return self.features[int(self.offsets[index]) : int(self.offsets[index + 1])]

    def _features(self, indices: Sequence[int]) -> Tensor:
        """(B, H), or (B, longest L, H) padded with zeros."""
        if self.offsets is None:
            return self.features[list(indices)]
        return pad_sequence([self.features_of(index) for index in indices], batch_first=True)
