"""`prompt_tuning`: learned vectors in front of the embedded text."""

from __future__ import annotations

from typing import Any

from peft import PromptTuningConfig, PromptTuningInit, TaskType

from ..contract.methods import PromptTuning
from ..tasks.base import TaskModel
from .virtual_tokens import cut_outputs, task_type, wrap


def prepare(model: TaskModel, config: PromptTuning) -> TaskModel:
    """The vectors begin as those of tokens that torch's generator draws, which is why step 0 is not the base. What an
    encoder or decoder says of them is left out; the encoder of a pair keeps them for its decoder to look at."""
    backbone: Any = model.backbone
    kind = task_type(backbone)
    adapter = PromptTuningConfig(
        task_type=kind,
        num_virtual_tokens=config.num_virtual_tokens,
        prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB,
    )
    model = wrap(model, adapter)
    if kind is not TaskType.SEQ_2_SEQ_LM:
        cut_outputs(model.backbone, config.num_virtual_tokens)
    return model
