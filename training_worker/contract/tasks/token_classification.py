"""A tag for each word of a text, names of entities in the IOB2 scheme: `B-PER`, `I-PER`, `O`."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="token-classification",
    inputs=(Column(name="tokens", kind="strings"),),
    target=Column(name="ner_tags", kind="strings"),
    output="tags",
    metrics=("entity_f1", "entity_precision", "entity_recall", "token_accuracy"),
    presentation="tokens",
    families=("encoder",),
)
