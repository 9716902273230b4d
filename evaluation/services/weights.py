"""Full weights are the largest thing that a run leaves: those of a team's best runs and its latest in a phase are kept,
those of others for a week. Adapters, heads, reports and predictions are small and stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from evaluation.models import Result
from evaluation.ranking.places import best_results
from hackathon.clock import db_now
from hackathon.files.storage import storage
from hackathon.models import Phase
from submissions.enums import JobState
from submissions.models import Artifact, Job
from training_worker.contract.wire import WEIGHT_FILE

BEST = 3
"""Runs by public score, of which a team keeps the weights in a phase."""
KEPT_FOR = timedelta(days=7)


def weights_kept_until(job: Job) -> datetime | None:
    """When the weights of that run go, as things stand; None where they are kept."""
    if job.team_id is None or job.finished_at is None or job.pk in _kept_runs(job.team_id, job.phase):
        return None
    return job.finished_at + KEPT_FOR


def remove_old_weights(now: datetime | None = None) -> int:
    """Remove full weights of teams' runs that ended a week ago and are neither of the team's best nor its latest.

    Returns the number of files. Safe to run twice; a file whose row is gone is an orphan, which is cleared a day later.
    """
    now = now or db_now()
    old = Artifact.objects.filter(
        name=WEIGHT_FILE, job__state=JobState.SUCCEEDED, job__finished_at__lt=now - KEPT_FOR, job__team__isnull=False
    )
    removed = 0
    for team, phase in old.order_by().values_list("job__team", "job__phase").distinct():
        kept = _kept_runs(team, Phase.objects.get(pk=phase))
        for file in old.filter(job__team=team, job__phase=phase).exclude(job__in=kept):
            with transaction.atomic():
                removed += Job.objects.filter(pk=file.job_id, weights_removed_at=None).update(weights_removed_at=now)
                file.delete()
                transaction.on_commit(partial(storage("artifacts").delete, file.key))
    return removed


def _kept_runs(team: UUID, phase: Phase) -> set[UUID]:
    """The team's jobs that keep their weights. By the public score alone: what is removed must not tell the private."""
    ranked = Result.objects.ranked_in(phase).filter(job__team=team).select_related("job__submission").lean()
    best = best_results(ranked, phase.display_step, BEST)
    ended = Job.objects.filter(team=team, phase=phase, submission__isnull=False, state=JobState.SUCCEEDED)
    latest = ended.order_by("-submission__received_at", "-submission__number").values_list("pk", flat=True)[:1]
    return {result.job_id for result in best} | set(latest)
