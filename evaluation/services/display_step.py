"""The step on which a phase's scores are shown: fixed once, before anybody has a score."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from evaluation.models import Reference, Result
from hackathon.errors import Conflict
from hackathon.models import Phase
from hackathon.rounding import display_step
from training_worker.contract.metrics import METRICS


def fix_display_step(*, phase: Phase) -> float:
    """Set `phase.display_step` to the largest 1-2-5 × 10^k ≤ SE/2 of the baseline, and return it.

    The baseline is the organizers' first scored submission of the phase, else the best reference on its data. Of a
    metric with bounds, an error below one item (all right, or all wrong) counts as one item. Raises `Conflict` where
    teams have scores already, there is no baseline, or its error says nothing.
    """
    with transaction.atomic():
        locked = Phase.objects.select_for_update(of=("self",)).select_related("data", "challenge").get(pk=phase.pk)
        if Result.objects.of_teams_in(locked).exists():
            raise Conflict(
                _("Teams have scores in this phase: its display step cannot change any more."), code="step_is_fixed"
            )
        error = max(_baseline_se(locked), _one_item(locked))
        if not error:
            raise Conflict(
                _("The baseline's standard error is zero: no step follows from it."),
                hint=_("Submit a baseline that is not perfect."),
                code="no_error",
            )
        phase.display_step = locked.display_step = display_step(error)
        locked.save(update_fields=["display_step"])
    return phase.display_step


def _one_item(phase: Phase) -> float:
    """What one public item is worth at most; 0 where the metric has no bounds."""
    metric = METRICS[phase.challenge.primary_metric]
    if metric.low is None or metric.high is None:
        return 0.0
    return (metric.high - metric.low) / phase.data.public_count


def _baseline_se(phase: Phase) -> float:
    baseline = Result.objects.baselines_in(phase).order_by("job__queued_at").first()
    if baseline is not None:
        return baseline.public_se
    metric = METRICS[phase.challenge.primary_metric]
    references = Reference.objects.filter(data=phase.data, metric=metric.name)
    reference = min(references, key=lambda one: (-metric.sign * one.public_score, one.name), default=None)
    if reference is None:
        raise Conflict(
            _("There is no baseline to take the standard error from."),
            hint=_("Run score_reference, or submit a baseline."),
            code="no_baseline",
        )
    return reference.public_se
