"""Taking a scored submission out of the ranking and putting it back. The board follows in the room above.

Neither gives quota back nor touches when the submission was received.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.errors import Conflict
from hackathon.models import Phase, User
from submissions.enums import JobState
from submissions.models import Submission, Withdrawal
from submissions.rules import can_cancel
from submissions.selectors import first_job
from training_worker.contract.text import isolated

from .annotate import require_teammate
from .quota import lock_quota


def start_withdrawal(*, submission: Submission, user: User) -> Withdrawal:
    """Needs a transaction; holds the lock of the team's quota until its end, as scoring does.

    Raises `NotAllowed` for who is not in the team, `Conflict`: `not_scored`, `phase_closed`, `already_withdrawn`.
    """
    now = _lock(submission, user)
    state = first_job(submission).state
    if state != JobState.SUCCEEDED:
        hint = _("Cancel it instead.") if can_cancel(state) else _("It is not in the ranking.")
        raise Conflict(_("Only a scored submission can be withdrawn."), hint=hint, code="not_scored")
    _require_open(submission, now)
    if _current(submission) is not None:
        raise Conflict(_("This submission is already withdrawn."), code="already_withdrawn")
    return Withdrawal.objects.create(submission=submission, withdrawn_at=now, withdrawn_by=user)


def end_withdrawal(*, submission: Submission, user: User) -> Withdrawal:
    """As `start_withdrawal`; raises `Conflict`: `phase_closed`, `not_withdrawn`."""
    now = _lock(submission, user)
    _require_open(submission, now)
    withdrawal = _current(submission)
    if withdrawal is None:
        raise Conflict(_("This submission is not withdrawn."), code="not_withdrawn")
    withdrawal.restored_at, withdrawal.restored_by = now, user
    withdrawal.save(update_fields=["restored_at", "restored_by"])
    return withdrawal


def _lock(submission: Submission, user: User) -> datetime:
    require_teammate(submission, user)
    lock_quota(team=submission.team, phase=submission.phase)
    return db_now()


def _current(submission: Submission) -> Withdrawal | None:
    return Withdrawal.objects.filter(submission=submission, restored_at__isnull=True).first()


def _require_open(submission: Submission, now: datetime) -> None:
    """By the phase as it is now, not as it was before the lock."""
    if not Phase.objects.get(pk=submission.phase_id).is_open(now):
        raise Conflict(
            _("The phase “%(phase)s” is closed: its ranking stands.") % {"phase": isolated(submission.phase.name)},
            hint=_("Submissions can be withdrawn and restored only while their phase is open."),
            code="phase_closed",
        )
