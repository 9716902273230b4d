"""From answers to scores on both parts of the split. Pure: labels come in, numbers go out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from training_worker.metrics.base import Answers, Estimate, IntArray, Truth

from .labels import LabelSet


@dataclass(frozen=True)
class PartScores:
    """Scores over one part (public or private) of the test items."""

    metrics: dict[str, Estimate]
    """Every metric of the task."""
    dummy: dict[str, Estimate]
    """The same metrics of the part's dummy answers (`Output.dummy`)."""
    per_class_f1: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """What `Result.public_metrics` and `.private_metrics` hold."""
        return asdict(self)


@dataclass(frozen=True)
class ScoreSheet:
    public: PartScores
    private: PartScores


def score_answers(labels: LabelSet, answers: Answers) -> ScoreSheet:
    """Score answers to all items, in the order of `labels.ids`, on the public and on the private ones."""
    return ScoreSheet(
        public=_score_part(labels, answers, is_public=True), private=_score_part(labels, answers, is_public=False)
    )


def _score_part(labels: LabelSet, answers: Answers, *, is_public: bool) -> PartScores:
    output, (truth, groups) = labels.output, _part(labels, is_public)
    own = output.take(answers, _indices(labels, is_public))
    return PartScores(
        metrics=_estimates(labels, truth, own, groups),
        dummy=_dummy_estimates(labels, is_public),
        per_class_f1=output.per_class(truth, own, labels.labels),
    )


def _estimates(labels: LabelSet, truth: Truth, answers: Answers, groups: IntArray | None) -> dict[str, Estimate]:
    return {
        metric: labels.output.estimate(metric, truth, answers, labels.labels, groups) for metric in labels.spec.metrics
    }


@lru_cache(maxsize=16)
def _dummy_estimates(labels: LabelSet, is_public: bool) -> dict[str, Estimate]:
    """The same for every job on a data version, and kept like it."""
    truth, groups = _part(labels, is_public)
    return _estimates(labels, truth, labels.output.dummy(truth, labels.labels), groups)


def _part(labels: LabelSet, is_public: bool) -> tuple[Truth, IntArray | None]:
    """Truth and groups of one part of the items."""
    indices = _indices(labels, is_public)
    return labels.output.take(labels.truth, indices), None if labels.groups is None else labels.groups[indices]


def _indices(labels: LabelSet, is_public: bool) -> IntArray:
    return np.flatnonzero(labels.is_public == is_public)
