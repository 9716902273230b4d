"""The board's rows: one per team and phase, always what the results say."""

from __future__ import annotations

from django.db import transaction

from evaluation.models import SCORING_VERSION, LeaderboardEntry, Result
from evaluation.ranking import best_result
from evaluation.rounding import round_to_step
from hackathon.models import Phase
from teams.models import Team


def upsert_entry(*, result: Result) -> LeaderboardEntry | None:
    """Bring the row of the result's team up to date; None where the result does not count for the board.

    Reads all results of the team under the row's lock, so that order and repetition make no difference.
    """
    if not Result.objects.ranked_in(result.job.phase).filter(pk=result.pk).exists():
        return None
    with transaction.atomic():
        return _refresh(result.submission.team, result.job.phase, first=result)


def _refresh(team: Team, phase: Phase, *, first: Result) -> LeaderboardEntry:
    key = {"phase": phase, "team": team, "scoring_version": SCORING_VERSION}
    submission = first.submission
    defaults = {"submission": submission, "result": first, "score": 0.0, "received_at": submission.received_at}
    LeaderboardEntry.objects.get_or_create(**key, defaults=defaults)
    entry = LeaderboardEntry.objects.select_for_update().get(**key)
    results = list(Result.objects.ranked_in(phase).filter(job__team=team).select_related("job__submission"))
    best = best_result(results, phase.display_step)
    entry.submission = best.submission
    entry.result = best
    entry.score = round_to_step(best.public_score, phase.display_step)
    entry.received_at = best.submission.received_at
    entry.entries = len(results)
    entry.save()
    return entry


def rebuild_leaderboard(*, phase: Phase) -> int:
    """Make every row of the phase anew from the results; teams that no longer count lose theirs. Returns how many."""
    results = Result.objects.ranked_in(phase).select_related("job__submission__team").order_by("job__team_id")
    by_team = {result.job.team_id: result for result in results}
    with transaction.atomic():
        LeaderboardEntry.objects.filter(phase=phase, scoring_version=SCORING_VERSION).exclude(
            team__in=by_team.keys()
        ).delete()
        for result in by_team.values():
            _refresh(result.submission.team, phase, first=result)
    return len(by_team)
