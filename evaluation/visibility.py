"""What a viewer may see of scores: the one place that says so, for board, page, API, chart and file alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hackathon.enums import ScoreVisibility
from hackathon.models import Phase
from training_worker.contract.metrics import METRICS, MetricSpec

from .board.rows import ShownScore
from .models import Reference, Result
from .ranking.rounding import round_se, round_to_step, score_text


@dataclass(frozen=True)
class ScoreView:
    """One viewer's view of a phase's scores. No exact score and no private score before its release goes through it."""

    metric: MetricSpec
    """The primary one."""
    step: float
    is_released: bool
    cutoff: datetime | None
    """The board shows only what had been scored by then; None: everything."""

    def shown(self, value: float, se: float) -> ShownScore:
        """A score on the phase's step, with its standard error on the same step."""
        return ShownScore(
            value=round_to_step(value, self.step), se=round_se(se, self.step), text=score_text(value, se, self.step)
        )

    def public(self, scored: Result | Reference) -> ShownScore:
        return self.shown(scored.public_score, scored.public_se)

    def private(self, scored: Result | Reference) -> ShownScore | None:
        """None before the release, whoever asks: superusers find it in the admin."""
        return self.shown(scored.private_score, scored.private_se) if self.is_released else None

    def ranking(self, scored: Result | Reference) -> ShownScore:
        """The score that decides: the private one once it is released."""
        return self.private(scored) or self.public(scored)

    def gain(self, score: ShownScore, base: ShownScore | None) -> float | None:
        """By how much the score is better than the base, of the rounded values; negative where it is worse."""
        return None if base is None else round_to_step(self.metric.gain(score.value, base.value), self.step)


def score_view(phase: Phase, *, organizes: bool) -> ScoreView:
    """The view of `phase` for somebody who organizes its hackathon, or does not.

    A frozen board stands still for all others; one without a time of freezing shows them no team at all.
    """
    is_frozen = phase.score_visibility == ScoreVisibility.FROZEN and not organizes
    return ScoreView(
        metric=METRICS[phase.challenge.primary_metric],
        step=phase.display_step,
        is_released=phase.score_visibility == ScoreVisibility.RELEASED,
        cutoff=(phase.frozen_at or phase.opens_at) if is_frozen else None,
    )
