"""One sound of speech, what is said in it."""

from __future__ import annotations

from .spec import Column, TaskSpec, Variant

UNUSED = ("training.max_length", "training.head_init")

SPEC = TaskSpec(
    id="automatic-speech-recognition",
    inputs=(Column(name="audio", kind="audio"),),
    target=Column(name="text", kind="string"),
    output="text",
    metrics=("wer", "cer"),
    presentation="speech",
    families=("speech", "speech-encoder"),
    unit="deciseconds",
    unused=UNUSED,
    has_features=False,
    variants={"speech-encoder": Variant(has_features=True, unused=UNUSED)},
)
