"""Where a submission's team stands on the board of its phase, as the viewer may see that board."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from evaluation.models import SCORING_VERSION, LeaderboardEntry
from evaluation.selectors import team_bests
from evaluation.visibility import ScoreView, score_view
from hackathon.models import Phase
from hackathon.visibility import Viewer, is_organizer, phases_visible_to
from hackathon.web.kept import kept
from submissions.models import Submission

MANY = 100
"""A frozen or released board of more teams is read once in a while: it changes little, and is no column to count by."""


@dataclass(frozen=True)
class TeamPlace:
    """`best` is the team's submission that the board shows; equal scores share a place."""

    place: int
    teams: int
    best: Submission
    is_frozen: bool


def team_place(submission: Submission, viewer: Viewer) -> TeamPlace | None:
    """None where the viewer may not see the board, or the team is not on it. Reads no row of another team, unless the
    board is frozen or released."""
    phase = submission.phase
    if not phases_visible_to(viewer).filter(pk=phase.pk).exists():
        return None
    view = score_view(phase, organizes=is_organizer(viewer, phase.challenge.hackathon))
    if view.cutoff is None and not view.is_released:
        return _place_now(submission)
    name = f"standing {phase.pk} {view.cutoff} {view.is_released}"
    shown = kept(name, lambda: _shown(phase, view), is_worth_it=lambda found: len(found) > MANY)
    own = shown.get(submission.team_id)
    if own is None:
        return None
    better = sum(value > own[0] for value, _submission in shown.values())
    best = Submission.objects.get(pk=own[1])
    return TeamPlace(better + 1, len(shown), best, is_frozen=view.cutoff is not None)


def _place_now(submission: Submission) -> TeamPlace | None:
    entries = LeaderboardEntry.objects.filter(phase=submission.phase, scoring_version=SCORING_VERSION)
    own = entries.select_related("submission").filter(team=submission.team_id).first()
    if own is None:
        return None
    counts = entries.aggregate(teams=Count("pk"), better=Count("pk", filter=Q(sort_key__gt=own.sort_key)))
    return TeamPlace(counts["better"] + 1, counts["teams"], own.submission, is_frozen=False)


def _shown(phase: Phase, view: ScoreView) -> dict[UUID, tuple[float, UUID]]:
    """By team: what the board shows of it, the better the higher, and of which submission."""
    results = [best.result for best in team_bests(phase, view)]
    return {
        result.submission.team_id: (view.metric.sign * view.ranking(result).value, result.submission.pk)
        for result in results
    }
