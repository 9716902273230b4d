"""`prefix_tuning`: learned keys and values in front of those of the text, in each layer."""

from __future__ import annotations

from typing import Any

from peft import PrefixTuningConfig

from ..contract.methods import PrefixTuning
from ..tasks.base import TaskModel
from .virtual_tokens import task_type, wrap


def prepare(model: TaskModel, config: PrefixTuning) -> TaskModel:
    """They begin at random, which is why step 0 is not the base."""
    backbone: Any = model.backbone
    adapter = PrefixTuningConfig(task_type=task_type(backbone), num_virtual_tokens=config.num_virtual_tokens)
    heads, width = (getattr(backbone.config, name, None) for name in ("num_attention_heads", "d_kv"))
    if heads and width:  # of T5 the heads together may be wider than the model
        adapter.token_dim, adapter.num_attention_heads = heads * width, heads
    return wrap(model, adapter)
