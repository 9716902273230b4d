"""The answer to a conversation: instructions, dialogue."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="text-generation",
    inputs=(Column(name="messages", kind="messages"),),
    target=Column(name="response", kind="string"),
    output="text",
    metrics=("rougeL", "chrf", "bleu", "exact_match"),
    presentation="chat",
    families=("decoder",),
    unused=("training.head_init",),
    has_features=False,
)
