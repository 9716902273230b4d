"""The board's rows: one per team and phase, always what the results say."""

from __future__ import annotations

from django.db import transaction

from evaluation.models import SCORING_VERSION, LeaderboardEntry, Result
from evaluation.ranking.places import best_result, reception, running_best
from evaluation.ranking.rounding import round_to_step
from hackathon.models import Phase
from submissions.services.quota import lock_quota
from teams.models import Team
from training_worker.contract.metrics import METRICS


def upsert_entry(*, result: Result) -> LeaderboardEntry | None:
    """Bring the row of the result's team up to date; None where the team has none, or the result is no team's run."""
    if not Result.objects.of_teams_in(result.job.phase).filter(pk=result.pk).exists():
        return None
    with transaction.atomic():
        return refresh_entry(team=result.submission.team, phase=result.job.phase)


def refresh_entry(*, team: Team, phase: Phase) -> LeaderboardEntry | None:
    """Make the team's row anew, or drop it where nothing of the team counts. Needs a transaction.

    Reads all results of the team under the lock of its quota, which scoring and withdrawing take too, so that order
    and repetition make no difference.
    """
    lock_quota(team=team, phase=phase)
    ranked = Result.objects.ranked_in(phase).filter(job__team=team).select_related("job__submission").lean()
    results = sorted(ranked.defer("job__result", "job__submission__config"), key=reception)
    if not results:
        LeaderboardEntry.objects.filter(phase=phase, team=team, scoring_version=SCORING_VERSION).delete()
        return None
    best = best_result(results, phase.display_step)
    metric, score = METRICS[best.metric], round_to_step(best.public_score, phase.display_step)
    values = {
        "submission": best.submission,
        "result": best,
        "score": score,
        "sort_key": metric.sign * score,
        "received_at": best.submission.received_at,
        "entries": len(results),
        "history": running_best((result.public_score for result in results), metric),
    }
    entry, _created = LeaderboardEntry.objects.update_or_create(
        phase=phase, team=team, scoring_version=SCORING_VERSION, defaults=values
    )
    return entry


def rebuild_leaderboard(*, phase: Phase) -> int:
    """Make every row of the phase anew from the results; teams that no longer count lose theirs. Returns how many."""
    entries = LeaderboardEntry.objects.filter(phase=phase, scoring_version=SCORING_VERSION)
    with transaction.atomic():
        counting = Result.objects.of_teams_in(phase).values("job__team")
        entries.exclude(team__in=counting).delete()
        rows = [refresh_entry(team=team, phase=phase) for team in Team.objects.filter(pk__in=counting).order_by("pk")]
    return sum(row is not None for row in rows)
