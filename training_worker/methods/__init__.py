"""One module per fine-tuning method: which parameters train. The ids equal `contract.methods.METHODS` (tested)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from . import full, head, lora


@dataclass(frozen=True)
class FineTuning:
    """`apply(backbone, method)` freezes and adds parameters in place. With `frozen_backbone` features are computed
    once."""

    apply: Callable[[nn.Module, Any], None]
    frozen_backbone: bool


METHODS: dict[str, FineTuning] = {
    "full": FineTuning(full.apply, frozen_backbone=False),
    "head": FineTuning(head.apply, frozen_backbone=True),
    "lora": FineTuning(lora.apply, frozen_backbone=False),
}
