"""`text-classification`: one text or a pair of texts, one of the data's labels."""

from __future__ import annotations

from ..contract.tasks.text_classification import SPEC
from .base import PublicForm, TaskModel
from .class_output import ClassTask
from .text_encoder import TextModel, build_text_model
from .text_form import CLASSES, text_form
from .text_task import TextTask


class TextClassification(ClassTask, TextTask):
    """One vector of each text, a linear head on it."""

    spec = SPEC

    def build_model(self) -> TextModel:
        return build_text_model(self.context, len(self.context.labels))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, TextModel)
        return text_form(model, max_length, answer=CLASSES)


TASK = TextClassification
