"""Tasks as data, by id (Hugging Face pipeline ids where there is one). The worker's code for each is
`training_worker/tasks/<id, with underscores>.py`; a parity test holds the lists together."""

from __future__ import annotations

from . import (
    image_classification,
    sentence_similarity,
    tabular_classification,
    tabular_regression,
    text_classification,
    text_ranking,
    text_regression,
    token_classification,
)
from .spec import Column, TaskSpec

__all__ = ["TASKS", "Column", "TaskSpec"]

TASKS: dict[str, TaskSpec] = {
    module.SPEC.id: module.SPEC
    for module in (
        text_classification,
        text_regression,
        token_classification,
        sentence_similarity,
        text_ranking,
        tabular_classification,
        tabular_regression,
        image_classification,
    )
}
