"""`text-completion`: what comes after a text, directly behind it: code, plain text."""

from __future__ import annotations

from ..contract.tasks.text_completion import SPEC
from .base import PublicForm, TaskModel
from .decoder import DecoderTask, decoder_form
from .split import Row


class TextCompletion(DecoderTask):
    spec = SPEC

    def prompt_text(self, row: Row) -> str:
        prompt: str = row["prompt"]
        return prompt

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        form: PublicForm = decoder_form(self, model, max_length, argument="prompt", text="prompt")
        return form


TASK = TextCompletion
