"""How public libraries load a text model with our own pooling: the encoder by `AutoModel`, the head beside it."""

from __future__ import annotations

from typing import Any

from .base import PublicForm
from .text_encoder import TextModel, without_pooler

USAGE = """\
@torch.inference_mode()
def predict(text, text_pair=None):
    inputs = processor(text, text_pair, truncation=True, max_length={max_length}, return_tensors="pt")
    hidden = model(**inputs).last_hidden_state
    outputs = {pooled} @ head["weight"].T + head["bias"]
    return {answer}
"""
POOLED = {"mean": "hidden.mean(dim=1)", "cls": "hidden[:, 0]"}


CLASSES = "dict(zip(labels.values(), outputs.softmax(-1)[0].tolist()))"
NUMBER = "outputs.item()"


def text_form(
    model: TextModel, max_length: int, *, answer: str, usage: str = USAGE, config: dict[str, Any] | None = None
) -> PublicForm:
    """`answer` is the expression that `predict` returns, of the `outputs` (1, C). `usage` has places for it, for
    `max_length` and for `pooled`."""
    encoder: Any = model.backbone
    return PublicForm(
        pipeline_tag="text-classification",  # the hub's tag of regressions, too
        auto_class="AutoModel",
        processor_class="AutoTokenizer",
        usage=usage.format(max_length=max_length, pooled=POOLED[model.pooling], answer=answer),
        options=without_pooler(encoder.config),
        config=config or {},
    )
