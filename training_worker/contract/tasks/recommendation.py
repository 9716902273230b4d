"""A user and an item, a number: how the user will rate it, and with it the order of the user's items."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="recommendation",
    inputs=(
        Column(name="user", kind="name"),
        Column(name="item", kind="name"),
        Column(name="text", kind="string", required=False),
    ),
    target=Column(name="rating", kind="number"),
    output="rating",
    metrics=("rmse", "mae", "r2", "ndcg_at_10", "recall_at_10"),
    presentation="rating",
    families=("encoder",),
    unused=("training.label_smoothing_factor",),
    grouped_by="user",
)
