"""Tasks as data, by id (Hugging Face pipeline ids where there is one). The worker's code for each is
`training_worker/tasks/<id, with underscores>.py`; a parity test holds the lists together."""

from __future__ import annotations

from . import (
    audio_classification,
    automatic_speech_recognition,
    fill_mask,
    image_classification,
    image_segmentation,
    multi_label_classification,
    multiple_choice,
    object_detection,
    question_answering,
    recommendation,
    relation_extraction,
    sentence_similarity,
    summarization,
    tabular_classification,
    tabular_regression,
    text_classification,
    text_completion,
    text_generation,
    text_ranking,
    text_regression,
    token_classification,
    translation,
)
from .spec import Column, TaskSpec

__all__ = ["TASKS", "Column", "TaskSpec"]

TASKS: dict[str, TaskSpec] = {
    module.SPEC.id: module.SPEC
    for module in (
        text_classification,
        multi_label_classification,
        text_regression,
        token_classification,
        relation_extraction,
        fill_mask,
        question_answering,
        multiple_choice,
        sentence_similarity,
        text_ranking,
        tabular_classification,
        tabular_regression,
        recommendation,
        translation,
        summarization,
        text_generation,
        text_completion,
        image_classification,
        object_detection,
        image_segmentation,
        audio_classification,
        automatic_speech_recognition,
    )
}
