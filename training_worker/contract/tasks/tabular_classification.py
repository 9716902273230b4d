"""A row of a table, one of the data's labels: credit, fraud, disease."""

from __future__ import annotations

from .spec import CLASS_METRICS, Column, TaskSpec

SPEC = TaskSpec(
    id="tabular-classification",
    inputs=(Column(name="features", kind="record"),),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=CLASS_METRICS,
    tracked=2,
    presentation="record",
    families=("encoder",),
)
