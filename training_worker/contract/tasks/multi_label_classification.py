"""One text or a pair of texts, any number of the data's labels, also none: topics, emotions, findings."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="multi-label-classification",
    inputs=(Column(name="text", kind="string"), Column(name="text_pair", kind="string", required=False)),
    target=Column(name="labels", kind="labels"),
    output="labels",
    metrics=("f1_micro", "f1_macro", "f1_weighted", "subset_accuracy", "pr_auc"),
    presentation="text",
    families=("encoder",),
)
