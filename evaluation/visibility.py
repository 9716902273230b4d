"""What a viewer may see of scores: the one place that says so, for board, page, API, chart and file alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hackathon.enums import ScoreVisibility
from hackathon.models import Phase
from training_worker.contract.metrics import METRICS, MetricSpec

from .board.rows import ShownScore
from .models import Reference, Result
from .ranking.rounding import round_se, round_to_step, score_text, step_above


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
        return _shown(value, se, self.step)

    def shown_metric(self, name: str, value: float, se: float, primary_se: float) -> ShownScore:
        """Another metric of the same predictions, whose primary one has the standard error `primary_se`.

        Where both lie between the same two bounds, on the phase's step. Else on as much of its own standard error as
        the step is of the primary one's, up to the next 1-2-5: one may be a function of the other, and must not say it
        more exactly.
        """
        other = METRICS[name]
        is_alike = other.high is not None and (other.low, other.high) == (self.metric.low, self.metric.high)
        if name == self.metric.name or (is_alike and other.low is not None) or not (se > 0 and primary_se > 0):
            return self.shown(value, se)
        return _shown(value, se, step_above(self.step * se / primary_se))

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


def _shown(value: float, se: float, step: float) -> ShownScore:
    return ShownScore(value=round_to_step(value, step), se=round_se(se, step), text=score_text(value, se, step))


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
