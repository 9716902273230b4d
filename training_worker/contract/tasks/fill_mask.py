"""A text with one hidden word: which word it is."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="fill-mask",
    inputs=(Column(name="text", kind="masked"),),
    target=Column(name="answer", kind="string"),
    output="words",
    metrics=("accuracy", "recall_at_5", "mrr", "perplexity"),
    presentation="masked",
    families=("encoder",),
)
