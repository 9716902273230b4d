"""A query and a list of candidate texts: which of them answer it, the best first."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="text-ranking",
    inputs=(Column(name="query", kind="string"), Column(name="candidates", kind="strings")),
    target=Column(name="relevances", kind="numbers"),
    output="ranking",
    metrics=("ndcg_at_10", "recall_at_10", "mrr"),
    presentation="ranking",
    families=("encoder",),
    unused=("training.label_smoothing_factor", "training.head_init"),
    has_features=False,
)
