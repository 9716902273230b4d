"""`text-regression`: one text or a pair of texts, a number."""

from __future__ import annotations

from ..contract.tasks.text_regression import SPEC
from .base import PublicForm, TaskModel
from .number_output import NumberHead, NumberTask
from .text_encoder import TextModel, build_text_model
from .text_form import NUMBER, text_form
from .text_task import TextTask


class TextRegression(NumberTask, TextTask):
    """One vector of each text, a linear head on it."""

    spec = SPEC

    def build_model(self) -> TextModel:
        model = build_text_model(self.context, 1, NumberHead, has_dropout=False)
        self.standardise(model.top)
        return model

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, TextModel)
        return text_form(model, max_length, answer=NUMBER)


TASK = TextRegression
