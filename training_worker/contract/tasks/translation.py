"""A text in another language."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="translation",
    inputs=(Column(name="source", kind="string"),),
    target=Column(name="target", kind="string"),
    output="text",
    metrics=("bleu", "chrf", "ter"),
    presentation="generation",
    families=("encoder-decoder",),
    unused=("training.head_init",),
    has_features=False,
)
