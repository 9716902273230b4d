"""Withdrawing and restoring a submission: its ranking and the board's row in one transaction."""

from __future__ import annotations

from django.db import transaction

from hackathon.models import User
from submissions.models import Submission, Withdrawal
from submissions.services.withdrawals import end_withdrawal, start_withdrawal

from .leaderboard import refresh_entry


def withdraw_submission(*, submission: Submission, user: User) -> Withdrawal:
    """Out of the ranking: the team's next best takes its place. Raises as `start_withdrawal`."""
    with transaction.atomic():
        withdrawal = start_withdrawal(submission=submission, user=user)
        refresh_entry(team=submission.team, phase=submission.phase)
    return withdrawal


def restore_submission(*, submission: Submission, user: User) -> Withdrawal:
    """Back into the ranking, as received when it was. Raises as `end_withdrawal`."""
    with transaction.atomic():
        withdrawal = end_withdrawal(submission=submission, user=user)
        refresh_entry(team=submission.team, phase=submission.phase)
    return withdrawal
