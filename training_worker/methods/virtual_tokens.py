"""Models with learned tokens in front of a text, by peft, which wraps the backbone."""

from __future__ import annotations

import warnings
from typing import Any

from peft import PromptLearningConfig, TaskType, get_peft_model
from torch import nn

from ..tasks.base import TaskModel

CUT = ("last_hidden_state", "logits")


def task_type(backbone: Any) -> TaskType:
    """What peft calls the way in which the backbone is called."""
    if not backbone.can_generate():
        return TaskType.FEATURE_EXTRACTION
    return TaskType.SEQ_2_SEQ_LM if backbone.config.is_encoder_decoder else TaskType.CAUSAL_LM


def wrap(model: TaskModel, config: PromptLearningConfig) -> TaskModel:
    """Freeze the backbone and put virtual tokens before what it reads."""
    warnings.filterwarnings("ignore", "Position ids are not supported")  # peft numbers them anew in every generation
    device = next(model.backbone.parameters()).device
    wrapped: Any = get_peft_model(model.backbone, config)
    model.backbone = wrapped.to(device)
    wrapped.register_forward_pre_hook(_without_kinds, with_kwargs=True)
    return model


def _without_kinds(_model: nn.Module, inputs: Any, named: dict[str, Any]) -> Any:
    """Peft has no kinds of tokens, and would say so in each step."""
    return inputs, {name: value for name, value in named.items() if name != "token_type_ids"}


def cut_outputs(wrapped: nn.Module, count: int) -> None:
    """Leave out the first `count` places of what the model says: those of tokens that are in no text."""

    def cut(_model: nn.Module, _inputs: Any, outputs: Any) -> Any:
        for name in CUT:
            if outputs.get(name) is not None:
                outputs[name] = outputs[name][:, count:]
        return outputs

    wrapped.register_forward_hook(cut)
