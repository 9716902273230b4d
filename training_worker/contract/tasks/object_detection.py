"""One image, a box and a label for each object in it."""

from __future__ import annotations

from .spec import Column, TaskSpec, Variant

UNUSED = ("training.max_length", "training.label_smoothing_factor")

SPEC = TaskSpec(
    id="object-detection",
    inputs=(
        Column(name="image", kind="image"),
        Column(name="width", kind="integer"),
        Column(name="height", kind="integer"),
    ),
    target=Column(name="objects", kind="boxes"),
    output="boxes",
    metrics=("map", "map_50", "map_75"),
    presentation="overlay",
    families=("vision", "detector"),
    unit="kilopixels",
    unused=UNUSED,
    variants={"detector": Variant(has_features=False, unused=(*UNUSED, "training.head_init"))},
)
