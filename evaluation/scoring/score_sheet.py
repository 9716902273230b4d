"""From answers to scores on both parts of the split. Pure: labels come in, numbers go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from .labels import LabelSet
from .metrics import METRICS, Estimate, IntArray, majority_prediction, per_class_f1


@dataclass(frozen=True)
class PartScores:
    """Scores over one part (public or private) of the test items."""

    metrics: dict[str, Estimate]
    """Every metric of the task."""
    per_class_f1: dict[str, float]
    majority: dict[str, Estimate]
    """The same metrics for answering the part's most frequent class everywhere."""

    def as_json(self, metric: str) -> dict[str, Any]:
        """What `Result.public_metrics` and `.private_metrics` hold; `metric` is the primary one."""
        values = {name: estimate.value for name, estimate in self.metrics.items()}
        errors = {name: estimate.se for name, estimate in self.metrics.items()}
        errors["majority"] = self.majority[metric].se
        return {**values, "se": errors, "per_class_f1": self.per_class_f1}


@dataclass(frozen=True)
class ScoreSheet:
    public: PartScores
    private: PartScores


def score_answers(labels: LabelSet, predicted: IntArray) -> ScoreSheet:
    """Score (n,) predicted classes, in the order of `labels.ids`, on the public and on the private items."""
    return ScoreSheet(
        public=_score_part(labels, predicted, labels.is_public),
        private=_score_part(labels, predicted, ~labels.is_public),
    )


def _score_part(labels: LabelSet, predicted: IntArray, part: npt.NDArray[Any]) -> PartScores:
    gold, classes = labels.gold[part], labels.classes
    groups = None if labels.groups is None else labels.groups[part]
    majority = majority_prediction(gold, classes)
    by_class = per_class_f1(gold, predicted[part], classes)
    return PartScores(
        metrics={name: metric(gold, predicted[part], classes, groups) for name, metric in METRICS.items()},
        per_class_f1={name: float(f1) for name, f1 in zip(labels.label_names, by_class, strict=True)},
        majority={name: metric(gold, majority, classes, groups) for name, metric in METRICS.items()},
    )
