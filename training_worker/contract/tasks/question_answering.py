"""A question and a context, the part of the context that answers it, or none: extractive, as SQuAD 2.0 has it."""

from __future__ import annotations

from .spec import Column, TaskSpec

SPEC = TaskSpec(
    id="question-answering",
    inputs=(Column(name="question", kind="string"), Column(name="context", kind="string", is_fixed=True)),
    target=Column(name="answers", kind="answers"),
    output="span",
    metrics=("squad_f1", "exact_match"),
    presentation="context",
    families=("encoder",),
    unused=("training.label_smoothing_factor",),
)
