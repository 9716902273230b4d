"""One image, one of the data's labels for each of its pixels (semantic segmentation)."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="image-segmentation",
    inputs=(
        Column(name="image", kind="image"),
        Column(name="width", kind="integer"),
        Column(name="height", kind="integer"),
    ),
    target=Column(name="mask", kind="mask"),
    output="mask",
    metrics=("mean_iou", "pixel_accuracy"),
    presentation="overlay",
    families=("vision",),
    unit="kilopixels",
    unused=("training.max_length",),
)
