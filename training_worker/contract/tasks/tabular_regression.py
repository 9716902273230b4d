"""A row of a table, a number: a price, a demand, a duration."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="tabular-regression",
    inputs=(Column(name="features", kind="record"),),
    target=Column(name="target", kind="number"),
    output="number",
    metrics=("rmse", "mae", "r2", "pearson", "spearman"),
    presentation="record",
    families=("encoder",),
    unused=("training.label_smoothing_factor",),
)
