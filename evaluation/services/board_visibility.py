"""Freezing a phase's board, opening it again, releasing the private scores."""

from __future__ import annotations

from hackathon.clock import db_now
from hackathon.enums import ScoreVisibility
from hackathon.models import Phase


def set_board_visibility(*, phase: Phase, visibility: ScoreVisibility) -> Phase:
    """Set what others than the organizers see of the board. Freezing a frozen board keeps its first time."""
    if visibility != ScoreVisibility.FROZEN:
        phase.frozen_at = None
    elif phase.score_visibility != ScoreVisibility.FROZEN or phase.frozen_at is None:
        phase.frozen_at = db_now()
    phase.score_visibility = visibility
    phase.save(update_fields=["score_visibility", "frozen_at"])
    return phase
