"""Freezing a phase's board, opening it again, releasing the private scores."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hackathon.clock import db_now
from hackathon.enums import ScoreVisibility
from hackathon.errors import Conflict
from hackathon.models import Phase
from training_worker.contract.text import isolated


def set_board_visibility(*, phase: Phase, visibility: ScoreVisibility) -> Phase:
    """Set what others than the organizers see of the board. Freezing a frozen board keeps its first time.

    Releasing ends the phase. Raises `Conflict` `data_in_use` while another phase is scored on the same private items.
    """
    with transaction.atomic():
        locked = Phase.objects.select_for_update().get(pk=phase.pk)
        if visibility == ScoreVisibility.RELEASED:
            _require_unused(locked)
        if visibility != ScoreVisibility.FROZEN:
            phase.frozen_at = None
        elif locked.score_visibility != ScoreVisibility.FROZEN or locked.frozen_at is None:
            phase.frozen_at = db_now()
        else:
            phase.frozen_at = locked.frozen_at
        phase.score_visibility = visibility
        phase.save(update_fields=["score_visibility", "frozen_at"])
    return phase


def _require_unused(phase: Phase) -> None:
    others = Phase.objects.filter(data=phase.data_id, closes_at__gt=db_now()).exclude(pk=phase.pk)
    other = others.exclude(score_visibility=ScoreVisibility.RELEASED).first()
    if other is not None:
        raise Conflict(
            _("The phase “%(phase)s” is scored on the same private items and is not over.")
            % {"phase": isolated(other.name)},
            hint=_("Release the private scores once both are over."),
            code="data_in_use",
        )
