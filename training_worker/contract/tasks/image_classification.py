"""One image, one of the data's labels."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="image-classification",
    inputs=(Column(name="image", kind="image"),),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=("accuracy", "f1_macro"),
    presentation="image",
    families=("vision",),
    unit="kilopixels",
    unused=("training.max_length",),
)
