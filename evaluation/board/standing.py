"""Where a submission's team stands on the board of its phase, as the viewer may see that board."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.selectors import team_bests
from evaluation.visibility import score_view
from hackathon.visibility import Viewer, is_organizer, phases_visible_to
from submissions.models import Submission


@dataclass(frozen=True)
class TeamPlace:
    """`best` is the team's submission that the board shows; equal scores share a place."""

    place: int
    teams: int
    best: Submission
    is_frozen: bool


def team_place(submission: Submission, viewer: Viewer) -> TeamPlace | None:
    """None where the viewer may not see the board, or the team is not on it."""
    phase = submission.phase
    if not phases_visible_to(viewer).filter(pk=phase.pk).exists():
        return None
    view = score_view(phase, organizes=is_organizer(viewer, phase.challenge.hackathon))
    results = [best.result for best in team_bests(phase, view)]
    own = next((result for result in results if result.submission.team_id == submission.team_id), None)
    if own is None:
        return None
    shown, mine = (view.metric.sign * view.ranking(result).value for result in results), view.ranking(own).value
    better = sum(value > view.metric.sign * mine for value in shown)
    return TeamPlace(better + 1, len(results), own.submission, is_frozen=view.cutoff is not None)
