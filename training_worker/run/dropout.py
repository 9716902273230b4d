"""One probability of dropout for a whole model, whatever its architecture calls it."""

from __future__ import annotations

from torch import nn


def set_dropout(model: nn.Module, probability: float) -> None:
    """In every dropout layer, and where transformers keeps it as a number of a module (attention that is computed in
    one call, drops of whole layers)."""
    for module in model.modules():
        if isinstance(module, nn.Dropout | nn.Dropout1d | nn.Dropout2d):
            module.p = probability
        for name, value in vars(module).items():
            if isinstance(value, float) and ("dropout" in name or "drop_prob" in name):
                setattr(module, name, probability)
