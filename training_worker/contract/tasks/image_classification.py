"""One image, one of the data's labels."""

from __future__ import annotations

from .spec import CLASS_METRICS, Column, TaskSpec

SPEC = TaskSpec(
    id="image-classification",
    inputs=(Column(name="image", kind="image"),),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=CLASS_METRICS,
    tracked=2,
    presentation="image",
    families=("vision",),
    unit="kilopixels",
    unused=("training.max_length",),
)
