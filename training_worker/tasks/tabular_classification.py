"""`tabular-classification`: a row of a table, one of the data's labels."""

from __future__ import annotations

from ..contract.tasks.tabular_classification import SPEC
from .base import PublicForm, TaskModel
from .record_task import USAGE, RecordTask
from .text_classification import TextClassification
from .text_encoder import TextModel
from .text_form import CLASSES, text_form


class TabularClassification(RecordTask, TextClassification):
    spec = SPEC

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, TextModel)
        return text_form(model, max_length, answer=CLASSES, usage=USAGE)


TASK = TabularClassification
