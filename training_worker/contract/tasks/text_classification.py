"""One text or a pair of texts, one of the data's labels: sentiment, topic, intent, entailment."""

from __future__ import annotations

from .spec import CLASS_METRICS, Column, TaskSpec

SPEC = TaskSpec(
    id="text-classification",
    inputs=(Column(name="text", kind="string"), Column(name="text_pair", kind="string", required=False)),
    target=Column(name="label", kind="string"),
    output="class",
    metrics=CLASS_METRICS,
    tracked=2,
    presentation="text",
    families=("encoder",),
)
