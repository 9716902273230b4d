"""`multi-label-classification`: one text or a pair of texts, any number of the data's labels."""

from __future__ import annotations

from ..contract.tasks.multi_label_classification import SPEC
from .base import PublicForm, TaskModel
from .label_set_output import LabelSetTask
from .text_encoder import TextModel, build_text_model
from .text_form import text_form
from .text_task import TextTask


class MultiLabelClassification(LabelSetTask, TextTask):
    """One vector of each text, a linear head on it."""

    spec = SPEC

    def build_model(self) -> TextModel:
        return build_text_model(self.context, len(self.context.labels))

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        assert isinstance(model, TextModel)
        return text_form(
            model,
            max_length,
            answer="dict(zip(labels.values(), outputs.sigmoid()[0].tolist()))",
            config={"problem_type": self.spec.id.replace("-", "_")},
        )


TASK = MultiLabelClassification
