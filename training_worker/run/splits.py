"""What a run works on and what it predicts."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..tasks.text_classification import TokenSplit


@dataclass(frozen=True)
class Data:
    """Every split tokenised once; `prototypes` are the base score's examples at their own length."""

    train: TokenSplit
    validation: TokenSplit
    test: TokenSplit
    prototypes: TokenSplit


@dataclass(frozen=True)
class Predictions:
    """Logits in the order of the data files: (N_validation, C) and (N_test, C)."""

    validation: Tensor
    test: Tensor
