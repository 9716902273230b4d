"""One sound, one of the data's labels: a spoken language, a command, a speaker's mood."""

from __future__ import annotations

from .spec import CLASS_METRICS, Column, TaskSpec

SPEC = TaskSpec(
    id="audio-classification",
    inputs=(Column(name="audio", kind="audio"),),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=CLASS_METRICS,
    tracked=2,
    presentation="audio",
    families=("speech", "speech-encoder"),
    unit="deciseconds",
    unused=("training.max_length",),
)
