"""What comes after a text, directly behind it: code, plain text."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="text-completion",
    inputs=(Column(name="prompt", kind="string"),),
    target=Column(name="completion", kind="string"),
    output="text",
    metrics=("chrf", "bleu", "rougeL", "exact_match"),
    presentation="generation",
    families=("decoder",),
    unused=("training.head_init",),
    has_features=False,
)
