"""Which phase a leaderboard page shows, whether it is still moving, and how a poll knows that nothing has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hackathon.errors import NotFound
from hackathon.models import Phase, current_phase
from hackathon.templatetags.display import ago_text
from hackathon.web.live import version_of
from submissions.enums import ACTIVE_STATES
from submissions.models import Job

from .rows import Board


def chosen_phase(phases: Sequence[Phase], wanted: str, now: datetime) -> Phase | None:
    """The phase whose id the address names; the current one where it names none of these."""
    return next((phase for phase in phases if str(phase.pk) == wanted), None) or current_phase(phases, now)


def exported_phase(phases: Sequence[Phase], wanted: str | None, now: datetime) -> Phase:
    """As `chosen_phase`, but a file is never of another phase than asked for. Raises `NotFound`."""
    phase = chosen_phase(phases, wanted or "", now)
    if phase is None or (wanted is not None and str(phase.pk) != wanted):
        raise NotFound
    return phase


def is_live(phase: Phase | None, now: datetime) -> bool:
    """Can this board still change by itself: the phase is open or yet to open, or something of it is running."""
    if phase is None:
        return False
    return now < phase.closes_at or Job.objects.filter(phase=phase, state__in=ACTIVE_STATES).exists()


def board_version(board: Board | None) -> str:
    """A digest of what this viewer sees of the board, and of nothing else."""
    if board is None:
        return "none"
    return version_of((board.rows, board.unranked, board.warnings, board.is_frozen, board.is_final, board.step))


def page_version(board: Board | None, now: datetime) -> str:
    """`board_version` and the times that the page says in words, which go on while the board stands still.

    All words go on together, at the full minute: else a long board would be another one with every poll.
    """
    rows, minute = board.rows if board else [], now.replace(second=0, microsecond=0)
    words = [ago_text(row.improved_at, minute) for row in rows if row.improved_at]
    return version_of((board_version(board), words))
