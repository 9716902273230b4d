"""How public libraries load a model of `question-answering`, and how it finds answers in long contexts."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import transformers
from torch import nn

from .base import PublicForm, TaskModel
from .text_encoder import without_pooler
from .windows import MOST_TOKENS

USAGE = """\
@torch.inference_mode()
def predict(question, context):
    spans = [processor(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
             for text in (question, context)]
    room = {max_length} - processor.num_special_tokens_to_add(pair=True)
    most = max(room // 2, room - len(spans[1]))
    question = question if len(spans[0]) <= most else question[: spans[0][most - 1][1]]
    windows = processor(question, context, truncation="only_second", max_length={max_length}, stride=room // 4,
                        return_overflowing_tokens=True, return_offsets_mapping=True, padding=True, return_tensors="pt")
    inputs = {{name: windows[name][:{most}] for name in processor.model_input_names if name in windows}}
    scores = {scores}
    found, first = [], 0
    for window, places in enumerate(scores):
        tokens = [at for at, part in enumerate(windows.sequence_ids(window)) if part == 1]
        found[first + (room // 4 // 2 if window else 0):] = [
            (*windows["offset_mapping"][window][at].tolist(), *places[at].tolist())
            for number, at in enumerate(tokens) if window == 0 or number >= room // 4 // 2]
        first += len(tokens) - room // 4
    best, start, end = max(((found[one][2] + found[last][3], found[one][0], found[last][1]) for one in range(len(found))
                            for last in range(one, min(len(found), one + {longest_answer}))), default=(0, 0, 0),
                           key=lambda span: span[0])
    {none}return context[start:end].strip()
"""
NONE = 'if scores[:, 0].sum(-1).mean() > best:\n        return ""\n    '
PUBLIC = "torch.stack([*model(**inputs).values()][:2], dim=-1)"
OWN = 'model(**inputs).last_hidden_state @ head["weight"].T + head["bias"]'
LAYER = "qa_outputs"


def span_form(model: TaskModel, max_length: int, *, longest_answer: int, has_null: bool) -> PublicForm:
    backbone: Any = model.backbone
    is_public = has_plain_layer(backbone.config.__class__)
    return PublicForm(
        pipeline_tag="question-answering",
        auto_class="AutoModelForQuestionAnswering" if is_public else "AutoModel",
        processor_class="AutoTokenizer",
        usage=USAGE.format(
            max_length=max_length,
            most=max(1, MOST_TOKENS // max_length),
            longest_answer=longest_answer,
            scores=PUBLIC if is_public else OWN,
            none=NONE if has_null else "",
        ),
        layer=LAYER if is_public else "",
        options={} if is_public else without_pooler(backbone.config),
        config={"num_labels": 2},
    )


@cache
def has_plain_layer(config: type) -> bool:
    """Does transformers' class for this architecture put one linear layer on the encoder, and nothing else?"""
    architecture: Any = transformers.AutoModelForQuestionAnswering._model_mapping[config]
    with torch.device("meta"):
        layer = getattr(architecture(config(num_labels=2)), LAYER, None)
    return isinstance(layer, nn.Linear)
