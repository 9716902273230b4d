"""One text or a pair of texts, a number: a rating, a similarity, a price."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="text-regression",
    inputs=(Column(name="text", kind="string"), Column(name="text_pair", kind="string", required=False)),
    target=Column(name="label", kind="number"),
    output="number",
    metrics=("mse", "mae", "r2", "pearson", "spearman"),
    presentation="text",
    families=("encoder",),
    unused=("training.label_smoothing_factor",),
)
