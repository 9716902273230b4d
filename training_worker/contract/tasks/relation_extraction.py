"""A text with two marked entities, one of the data's labels: how the one is related to the other."""

from __future__ import annotations

from .spec import CLASS_METRICS, Column, TaskSpec

SPEC = TaskSpec(
    id="relation-extraction",
    inputs=(
        Column(name="text", kind="string", is_fixed=True),
        Column(name="head", kind="span"),
        Column(name="tail", kind="span"),
    ),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=("f1_macro", *(name for name in CLASS_METRICS if name != "f1_macro")),
    tracked=2,
    presentation="relation",
    families=("encoder",),
)
