"""A question or the beginning of a text, and a few choices: which one is right."""

from __future__ import annotations

from .spec import Column, TaskSpec, Variant

SPEC = TaskSpec(
    id="multiple-choice",
    inputs=(Column(name="question", kind="string"), Column(name="choices", kind="strings")),
    target=Column(name="label", kind="integer"),
    output="choice",
    metrics=("accuracy",),
    presentation="choices",
    families=("encoder", "decoder"),
    unused=("training.label_smoothing_factor",),
    variants={"decoder": Variant(has_features=False, unused=("training.label_smoothing_factor", "training.head_init"))},
)
