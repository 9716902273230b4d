"""What the viewer may do about a submission's place in the ranking, and about what is written on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hackathon.enums import ScoreVisibility
from hackathon.visibility import Viewer
from submissions.enums import JobState
from submissions.models import Job, Submission, Withdrawal
from teams.selectors import teams_of


@dataclass(frozen=True)
class SubmissionActions:
    """`current` is the withdrawal in force; only the team itself may change anything, and only in an open phase."""

    current: Withdrawal | None
    is_own: bool
    can_withdraw: bool
    can_restore: bool
    is_frozen: bool
    """The board that others see stands as it was, whatever is withdrawn now."""


def read_submission_actions(submission: Submission, job: Job, viewer: Viewer, *, now: datetime) -> SubmissionActions:
    is_own = teams_of(viewer).filter(pk=submission.team_id).exists()
    withdrawals = submission.withdrawals.filter(restored_at__isnull=True).select_related("withdrawn_by")
    current = withdrawals.first()
    may_change = is_own and job.state == JobState.SUCCEEDED and submission.phase.is_open(now)
    return SubmissionActions(
        current=current,
        is_own=is_own,
        can_withdraw=may_change and current is None,
        can_restore=may_change and current is not None,
        is_frozen=submission.phase.score_visibility == ScoreVisibility.FROZEN,
    )
