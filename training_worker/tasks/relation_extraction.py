"""`relation-extraction`: a text with two marked entities, one of the data's labels.

The entities are marked in the text itself, `[E1] … [/E1]` around the head and `[E2] … [/E2]` around the tail (entity
markers, Baldini Soares et al. 2019), as plain text: the tokenizer and its vocabulary stay those of the base model.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..contract.base import JSON
from ..contract.tasks.relation_extraction import SPEC
from .base import PublicForm, TaskModel
from .class_output import ClassTask
from .split import Row
from .text_encoder import TextModel, build_text_model
from .text_form import text_form
from .text_task import TextTask, TokenSplit

USAGE = """\
def marked(text, one, other):  # each: its first character, and the one after its last
    for (start, end), name in sorted([(one, "E1"), (other, "E2")], reverse=True):
        text = f"{{text[:start]}}[{{name}}] {{text[start:end]}} [/{{name}}]{{text[end:]}}"
    return text

@torch.inference_mode()
def predict(text, one, other):
    inputs = processor(marked(text, one, other), truncation=True, max_length={max_length}, return_tensors="pt")
    hidden = model(**inputs).last_hidden_state
    outputs = {pooled} @ head["weight"].T + head["bias"]
    return {answer}
"""


class RelationExtraction(ClassTask, TextTask):
    """One vector of each marked text, a linear head on it."""

    spec = SPEC

    def encode(self, rows: Sequence[Row], split: str, max_length: int) -> TokenSplit:
        texts = [row | {"text": marked(row["text"], row["head"], row["tail"])} for row in rows]
        return super().encode(texts, split, max_length)

    def build_model(self) -> TextModel:
        return build_text_model(self.context, len(self.context.labels))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, TextModel)
        answer = "dict(zip(labels.values(), outputs.softmax(-1)[0].tolist()))"
        return text_form(model, max_length, answer=answer, usage=USAGE)


def marked(text: str, head: JSON, tail: JSON) -> str:
    """The text with both entities marked, which do not overlap."""
    places = [(head["start"], head["end"], "E1"), (tail["start"], tail["end"], "E2")]
    for start, end, name in sorted(places, reverse=True):
        text = f"{text[:start]}[{name}] {text[start:end]} [/{name}]{text[end:]}"
    return text


TASK = RelationExtraction
