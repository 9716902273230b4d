"""Metrics as data: what a score means to who shows, ranks and rounds it. The code is `training_worker/metrics/`."""

from __future__ import annotations

from math import log
from typing import Literal

from .base import ContractModel


class MetricSpec(ContractModel):
    """`low` and `high` bound its values; None where it has no bound on that side."""

    name: str
    direction: Literal["higher", "lower"]
    """Which values are better."""
    low: float | None
    high: float | None

    @property
    def sign(self) -> int:
        """A score times its sign grows as it gets better."""
        return 1 if self.direction == "higher" else -1

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        return self.low, self.high

    @property
    def largest_se(self) -> float | None:
        """Largest standard deviation of a value between its bounds, half of what lies between them."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def gain(self, score: float, base: float) -> float:
        """By how much `score` is better than `base`; negative where it is worse."""
        return self.sign * (score - base)

    def has(self, value: float) -> bool:
        """Is it a value that the metric can take?"""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


LEAST_PROBABILITY = 1e-7
"""What a smaller probability counts as in `log_loss` and `perplexity`: below the last digit of a prediction line, so
that rounding costs little."""
LARGEST_LOG_LOSS = -log(LEAST_PROBABILITY)


def _share(name: str) -> MetricSpec:
    return MetricSpec(name=name, direction="higher", low=0.0, high=1.0)


METRICS: dict[str, MetricSpec] = {
    spec.name: spec
    for spec in (
        _share("accuracy"),
        _share("f1_macro"),
        _share("f1_micro"),
        _share("f1_weighted"),
        _share("subset_accuracy"),
        _share("balanced_accuracy"),
        MetricSpec(name="mcc", direction="higher", low=-1.0, high=1.0),
        _share("roc_auc"),
        _share("pr_auc"),
        MetricSpec(name="log_loss", direction="lower", low=0.0, high=LARGEST_LOG_LOSS),
        MetricSpec(name="calibration_error", direction="lower", low=0.0, high=1.0),
        _share("entity_f1"),
        _share("entity_precision"),
        _share("entity_recall"),
        _share("token_accuracy"),
        MetricSpec(name="bleu", direction="higher", low=0.0, high=100.0),
        MetricSpec(name="chrf", direction="higher", low=0.0, high=100.0),
        MetricSpec(name="ter", direction="lower", low=0.0, high=None),
        _share("rouge1"),
        _share("rouge2"),
        _share("rougeL"),
        _share("exact_match"),
        MetricSpec(name="wer", direction="lower", low=0.0, high=None),
        MetricSpec(name="cer", direction="lower", low=0.0, high=None),
        _share("squad_f1"),
        _share("map"),
        _share("map_50"),
        _share("map_75"),
        _share("mean_iou"),
        _share("pixel_accuracy"),
        MetricSpec(name="mse", direction="lower", low=0.0, high=None),
        MetricSpec(name="rmse", direction="lower", low=0.0, high=None),
        MetricSpec(name="mae", direction="lower", low=0.0, high=None),
        MetricSpec(name="r2", direction="higher", low=None, high=1.0),
        MetricSpec(name="pearson", direction="higher", low=-1.0, high=1.0),
        _share("ndcg_at_10"),
        _share("recall_at_10"),
        _share("mrr"),
        _share("recall_at_5"),
        MetricSpec(name="perplexity", direction="lower", low=1.0, high=1 / LEAST_PROBABILITY),
        MetricSpec(name="spearman", direction="higher", low=-1.0, high=1.0),
    )
}
