"""`text-generation`: the answer to a conversation, in the chat template of the model's own tokenizer.

A tokenizer without one reads what was said line by line.
"""

from __future__ import annotations

from ..contract.tasks.text_generation import SPEC
from .base import PublicForm, TaskModel
from .decoder import DecoderTask, decoder_form
from .split import Row

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


class TextGeneration(DecoderTask):
    spec = SPEC

    def prompt_text(self, row: Row) -> str:
        template = None if self.processor.chat_template else TEMPLATE
        text: str = self.processor.apply_chat_template(
            row["messages"], chat_template=template, add_generation_prompt=True, tokenize=False
        )
        return text

    def public_form(self, model: TaskModel, max_length: int) -> PublicForm:
        own = "" if self.processor.chat_template else f"chat_template={TEMPLATE!r}, "
        text = f"processor.apply_chat_template(messages, {own}add_generation_prompt=True, tokenize=False)"
        form: PublicForm = decoder_form(self, model, max_length, argument="messages", text=text)
        return form


TASK = TextGeneration
