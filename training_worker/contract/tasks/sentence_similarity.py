"""Two sentences, a number: how alike they are."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="sentence-similarity",
    inputs=(Column(name="sentence1", kind="string"), Column(name="sentence2", kind="string")),
    target=Column(name="score", kind="number"),
    output="number",
    metrics=("spearman", "pearson", "mse"),
    presentation="text",
    families=("encoder",),
    unused=("training.label_smoothing_factor", "training.head_init"),
    has_features=False,
)
