"""What tasks that compare vectors of texts have in common: a cosine on the scale of the answers, and nothing else on
top of the encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from ..contract.sentences import COSINE
from .base import PublicForm, Task, TaskModel
from .text_encoder import TextModel, load_tokenizer, max_positions, without_pooler
from .text_task import Tokens

POOLED = {"mean": "(hidden * mask).sum(1) / mask.sum(1)", "cls": "hidden[:, 0]"}
"""Python that makes a vector of each text of `hidden`, as `TextModel.features` does."""


class CosineScale(nn.Module):
    """Cosines (…) → numbers (…): 0 is `low`, 1 is `high`. Nothing in it trains."""

    low: Tensor
    high: Tensor

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.register_buffer("low", torch.tensor(low))
        self.register_buffer("high", torch.tensor(high))

    def forward(self, features: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * features


class CosineTask(Task):
    """The input side of such a task, and how it is exported."""

    def load_processor(self, folder: Path) -> PreTrainedTokenizerBase:
        return load_tokenizer(folder)

    def tokenize(self, texts: list[str], max_length: int) -> Tokens:
        """Each text by itself; cut at the model's own bound, too."""
        encoded = self.processor(
            texts,
            truncation=True,
            max_length=min(max_length, max_positions(self.context.folder)),
            return_attention_mask=False,
        )
        return Tokens(encoded["input_ids"], None, self.processor.pad_token_id or 0)

    @property
    def base_method(self) -> str:
        return str(COSINE)

    def exported_top(self, top: nn.Module) -> dict[str, Tensor]:
        """`weight` () and `bias` () of the scale."""
        assert isinstance(top, CosineScale)
        return {"weight": (top.high - top.low).cpu(), "bias": top.low.cpu()}


def encoder_form(model: TaskModel, usage: str, max_length: int, *, pipeline_tag: str) -> PublicForm:
    """`usage` has places for `max_length` and `pooled`."""
    assert isinstance(model, TextModel)
    encoder: Any = model.backbone
    return PublicForm(
        pipeline_tag=pipeline_tag,
        auto_class="AutoModel",
        processor_class="AutoTokenizer",
        usage=usage.format(max_length=max_length, pooled=POOLED[model.pooling]),
        options=without_pooler(encoder.config),
    )
