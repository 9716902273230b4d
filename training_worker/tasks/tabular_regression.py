"""`tabular-regression`: a row of a table, a number."""

from __future__ import annotations

from ..contract.tasks.tabular_regression import SPEC
from .base import PublicForm, TaskModel
from .record_task import USAGE, RecordTask
from .text_encoder import TextModel
from .text_form import NUMBER, text_form
from .text_regression import TextRegression


class TabularRegression(RecordTask, TextRegression):
    spec = SPEC

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, TextModel)
        return text_form(model, max_length, answer=NUMBER, usage=USAGE)


TASK = TabularRegression
