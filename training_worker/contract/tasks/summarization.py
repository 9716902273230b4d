"""A text in fewer words: a headline, an abstract, the first line of a docstring."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="summarization",
    inputs=(Column(name="source", kind="string"),),
    target=Column(name="target", kind="string"),
    output="text",
    metrics=("rougeL", "rouge1", "rouge2"),
    presentation="generation",
    families=("encoder-decoder",),
    unused=("training.head_init",),
    has_features=False,
)
